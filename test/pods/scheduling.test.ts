import {describe, expect, test} from 'vitest';
import {findTroubles} from '../../src/pods/troubles.ts';
import {ago, type EventState, event, NOW, type PodState, pod} from '../support/builders.ts';

function trouble(state: PodState, ...events: EventState[]) {
  const subject = pod({node: null, phase: 'Pending', ...state});
  const about = events.map((e) => event(subject, {component: 'default-scheduler', ...e}));
  const [first] = findTroubles(subject, about, NOW);
  return first && {reason: first.reason, message: first.message, doomed: first.doomed, since: first.since, fix: first.fix};
}
const said = (message: string): PodState => ({
  conditions: [{type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime: ago(90)}],
});
const asking = (requests: Record<string, string>): PodState => ({containers: [{spec: {resources: {requests}}}]});
const PREEMPTION = ' preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.';

describe("the scheduler's verdict, readable", () => {
  test.each<[string, PodState, string]>([
    ['3 Insufficient cpu.', asking({cpu: '8'}), 'no node has 8 cpu free (3 of 3: insufficient cpu)'],
    ['3 Insufficient memory.', {}, 'no node has enough memory free (3 of 3: insufficient memory)'],
    [
      '3 Insufficient nvidia.com/gpu.',
      asking({'nvidia.com/gpu': '1'}),
      'no node has 1 nvidia.com/gpu free (3 of 3: insufficient nvidia.com/gpu)',
    ],
    [
      '1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient cpu.',
      asking({cpu: '8'}),
      'no node of 3 will do: 1 tainted node-role.kubernetes.io/control-plane, 2 insufficient cpu (asks 8)',
    ],
    ['2 Insufficient cpu, 3 Insufficient memory.', {}, 'no node of 3 will do: 2 insufficient cpu, 3 insufficient memory'],
    ['3 node(s) had untolerated taint {team: a, b}.', {}, 'no node will do (3 of 3: tainted team=a, b)'],
    ['3 node(s) had untolerated taint(s).', {}, 'no node will do (3 of 3: tainted)'],
    [
      '3 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.',
      {},
      'no node will do (3 of 3: not ready (taint node.kubernetes.io/not-ready))',
    ],
    ['3 node(s) were unschedulable.', {}, 'no node will do (3 of 3: cordoned)'],
    [
      "3 node(s) didn't match Pod's node affinity/selector.",
      {spec: {nodeSelector: {disk: 'ssd'}}},
      'no node will do (3 of 3: do not match nodeSelector disk=ssd)',
    ],
    ["3 node(s) didn't match Pod's node affinity/selector.", {}, 'no node will do (3 of 3: do not match the node affinity)'],
    ["3 node(s) didn't match pod anti-affinity rules.", {}, "no node will do (3 of 3: didn't match pod anti-affinity rules)"],
    [
      "3 node(s) didn't match pod topology spread constraints.",
      {},
      "no node will do (3 of 3: didn't match pod topology spread constraints)",
    ],
    ["3 node(s) didn't have free ports for the requested pod ports.", {}, 'no node will do (3 of 3: have the host port in use)'],
    ['3 Too many pods.', {}, 'no node will do (3 of 3: full (too many pods))'],
    [
      '3 node(s) had volume node affinity conflict.',
      {},
      "no node will do (3 of 3: cannot reach the pod's volume (node affinity of the volume))",
    ],
  ])('%s', (objections, state, message) => {
    const verdict = `0/3 nodes are available: ${objections}${PREEMPTION}`;
    expect(trouble({...state, ...said(verdict)})).toMatchObject({
      reason: 'Unschedulable',
      message,
      doomed: false,
      since: ago(90),
    });
  });

  test.each([
    ['an empty cluster', 'no nodes available to schedule pods', 'the cluster has no nodes'],
    ['words nobody has seen yet', 'running PreFilter plugin "Foo": nope', 'running PreFilter plugin "Foo": nope'],
  ])('%s', (_case, verdict, message) => {
    expect(trouble(said(verdict))?.message).toBe(message);
  });

  test('several containers ask together', () => {
    const verdict = `0/1 nodes are available: 1 Insufficient cpu.`;
    const containers = [{spec: {resources: {requests: {cpu: '500m'}}}}, {name: 'proxy', spec: {resources: {limits: {cpu: '1'}}}}];
    expect(trouble({containers, ...said(verdict)})?.message).toBe('no node has 500m + 1 cpu free (1 of 1: insufficient cpu)');
  });

  test.each([
    ['0/3 nodes are available: 3 Insufficient cpu.', {}, 'ask for less, or add a node: kubectl describe nodes'],
    [
      "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
      {spec: {nodeSelector: {disk: 'ssd'}}},
      "label a node, or change the pod's: kubectl get nodes -L disk",
    ],
    ['0/3 nodes are available: 3 node(s) were unschedulable.', {}, 'kubectl uncordon NODE'],
    ['0/3 nodes are available: 3 Too many pods.', {}, 'kubectl describe nodes'],
  ] as const)('what to do about %s', (verdict, state, fix) => {
    expect(trouble({...state, ...said(verdict)})?.fix).toBe(fix);
  });
});

test.each([
  [
    'is not there',
    '0/3 nodes are available: persistentvolumeclaim "data" not found.',
    'MissingVolumeClaim',
    'PersistentVolumeClaim data does not exist',
    true,
  ],
  [
    'is not bound',
    '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found',
    'UnboundVolumeClaim',
    'its PersistentVolumeClaim is not bound to a volume',
    false,
  ],
  [
    'finds no volume',
    "0/3 nodes are available: 3 node(s) didn't find available persistent volumes to bind.",
    'UnboundVolumeClaim',
    'its PersistentVolumeClaim is not bound to a volume',
    false,
  ],
])('a claim that %s', (_case, verdict, reason, message, doomed) => {
  expect(trouble(said(verdict))).toMatchObject({reason, message, doomed});
});

describe('what an autoscaler makes of it is added', () => {
  const verdict = said('0/3 nodes are available: 3 Insufficient cpu.');
  const base = 'no node has enough cpu free (3 of 3: insufficient cpu)';
  test.each([
    [
      'it will not help',
      [{reason: 'NotTriggerScaleUp', message: "pod didn't trigger scale-up: 2 max node group size reached, 1 Insufficient cpu"}],
      '; the autoscaler adds no node (max node group size reached, Insufficient cpu)',
    ],
    [
      'it will not say why',
      [{reason: 'NotTriggerScaleUp', message: "pod didn't trigger scale-up:"}],
      '; the autoscaler adds no node',
    ],
    [
      'it helps',
      [{reason: 'TriggeredScaleUp', message: 'pod triggered scale-up: [{asg-workers 3->4 (max: 10)}]'}],
      '; the autoscaler is adding a node (asg-workers 3->4)',
    ],
    [
      'the last word counts',
      [
        {reason: 'NotTriggerScaleUp', message: "pod didn't trigger scale-up: 1 max node group size reached", last: 60},
        {reason: 'TriggeredScaleUp', message: 'pod triggered scale-up: [{asg-workers 3->4 (max: 10)}]', last: 10},
      ],
      '; the autoscaler is adding a node (asg-workers 3->4)',
    ],
    ['none speaks', [], ''],
  ])('%s', (_case, events, words) => {
    const written = events.map((e) => ({component: 'cluster-autoscaler', type: 'Normal' as const, ...e}));
    expect(trouble(verdict, ...written)?.message).toBe(`${base}${words}`);
  });
});

test('pods of lower priority that make room are told', () => {
  const subject = pod({node: null, phase: 'Pending', ...said('0/1 nodes are available: 1 Insufficient cpu.')});
  const nominated = {...subject, status: {...subject.status, nominatedNodeName: 'node-2'}};
  expect(findTroubles(nominated, [], NOW)[0]?.message).toBe(
    'no node has enough cpu free (1 of 1: insufficient cpu); node-2 makes room by preemption',
  );
});

test('where the condition says nothing, the event does; that of an autoscaler is not the scheduler', () => {
  const scheduler = {reason: 'FailedScheduling', message: '0/1 nodes are available: 1 Too many pods.', last: 20, series: true};
  const karpenter = {
    reason: 'FailedScheduling',
    message: 'incompatible with nodepool "default"',
    component: 'karpenter',
    last: 5,
  };
  expect(trouble({conditions: [{type: 'PodScheduled', status: 'False'}]}, scheduler, karpenter)?.message).toBe(
    'no node will do (1 of 1: full (too many pods))',
  );
});

test.each<[string, PodState, object | undefined]>([
  ['just made', {createdAt: ago(2), conditions: [{type: 'PodScheduled', status: 'True'}]}, undefined],
  [
    'that a gate holds back',
    {
      spec: {schedulingGates: [{name: 'shop.example/approved'}]},
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'SchedulingGated',
          message: 'Scheduling is blocked due to non-empty scheduling gates',
        },
      ],
    },
    {reason: 'SchedulingGated', message: 'held back by scheduling gate shop.example/approved', doomed: false},
  ],
  [
    'of a scheduler that does not run',
    {createdAt: ago(60), spec: {schedulerName: 'gpu-scheduler'}, conditions: [{type: 'PodScheduled', status: 'Unknown'}]},
    {reason: 'NotScheduled', message: 'scheduler gpu-scheduler has not looked at it', doomed: false},
  ],
  ['that its node has just got', {node: 'node-1', statuses: false, createdAt: ago(5)}, undefined],
  [
    'that its node does not take up',
    {node: 'node-1', statuses: false, createdAt: ago(60)},
    {
      reason: 'NotTakenUp',
      message: 'node node-1 has not started it',
      doomed: false,
      fix: 'look at its kubelet: kubectl describe node node-1',
    },
  ],
])('a pod %s', (_case, state, expected) => {
  const found = trouble(state);
  if (expected === undefined) expect(found).toBeUndefined();
  else expect(found).toMatchObject(expected);
});
