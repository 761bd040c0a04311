import {expect, test} from 'vitest';
import {compareEffectiveEnv} from '../../../src/config/env/env.ts';
import {ApiProblem} from '../../../src/kube/errors.ts';
import type {KubeObject} from '../../../src/kube/json.ts';
import {ExitCode, Problem} from '../../../src/problem.ts';
import {deployment, pod} from '../../support/builders.ts';
import {FakeCluster, type FakeOptions} from '../../support/fake-cluster.ts';

const never = new AbortController().signal;
const target = {kind: 'Deployment', namespace: 'shop', name: 'web'} as const;
const spec = {env: [{name: 'A', value: 'new'}]};
const web = pod({name: 'web-1', containers: [{name: 'web', spec}]});
const answer = () => ({body: {gitVersion: 'v1.37.2'}});

/** What programs of the image write; the others are not there. */
function compare(programs: Readonly<Record<string, string>>, ...pods: KubeObject[]) {
  const exec: FakeOptions['exec'] = (_pod, _container, command) => {
    const stdout = programs[command.join(' ')];
    if (stdout !== undefined) return {code: 0, stdout: Buffer.from(stdout), stderr: ''};
    throw new Problem(`cannot run ${command[0]}`, {why: 'executable file not found', exitCode: ExitCode.noAccess});
  };
  const cluster = new FakeCluster([deployment(), ...(pods.length > 0 ? pods : [web])], {exec, answer});
  return compareEffectiveEnv(cluster, target, {reveal: false}, never);
}

test.each<[string, Record<string, string>, string, unknown[]]>([
  [
    'the main process tells',
    {'cat /proc/self/environ': 'A=old\0', 'cat /proc/1/environ': 'A=old\0'},
    '/proc/1/environ',
    [['A', 'stale']],
  ],
  [
    'its program exported more',
    {'cat /proc/self/environ': 'A=new\0', 'cat /proc/1/environ': 'A=new\0B=1\0'},
    '/proc/1/environ',
    [['B', 'program']],
  ],
  ['it may not be read', {'cat /proc/self/environ': 'A=old\0'}, '/proc/self/environ', [['A', 'stale']]],
  [
    'it wrote its title over it',
    {'cat /proc/self/environ': 'A=old\0', 'cat /proc/1/environ': 'nginx: master\0\0'},
    '/proc/self/environ',
    [['A', 'stale']],
  ],
  ['the image has no cat', {'env -0': 'A=x\ny\0'}, 'env -0', [['A', 'stale']]],
  ['nor an env that knows -0', {env: 'A=new\nB=1\n'}, 'env', [['B', 'extra']]],
])('what a container has where %s', async (_case, programs, via, differences) => {
  const {comparison} = await compare(programs);
  expect(comparison?.via).toBe(via);
  expect(comparison?.differences.map(({name, state}) => [name, state])).toEqual(differences);
});

test('where processes are shared, the first one is not asked', async () => {
  const shared = pod({name: 'web-1', containers: [{name: 'web', spec}], spec: {shareProcessNamespace: true}});
  const {comparison} = await compare({'cat /proc/self/environ': 'A=new\0', 'cat /proc/1/environ': 'PAUSE=1\0'}, shared);
  expect(comparison).toMatchObject({via: '/proc/self/environ', differences: []});
});

test('an image without cat and env cannot be compared, and it is said how to', async () => {
  await expect(compare({})).rejects.toMatchObject({
    message: 'the environment of container web of pod/web-1 cannot be read',
    why: 'neither cat nor env runs in it: executable file not found',
    exitCode: 5,
  });
});

test('who may not exec is told so', async () => {
  const cluster = new FakeCluster([deployment(), web], {
    forbidden: ['create pods'],
    answer,
    exec: () => ({code: 0, stdout: Buffer.alloc(0), stderr: ''}),
  });
  await expect(compareEffectiveEnv(cluster, target, {reveal: false}, never)).rejects.toThrow(ApiProblem);
});

test('a workload without a running pod cannot be compared', async () => {
  const waiting = pod({name: 'web-1', containers: [{name: 'web', waiting: {reason: 'CreateContainerConfigError'}}]});
  await expect(compare({}, waiting)).rejects.toMatchObject({
    message: 'container web of deployment/web does not run',
    why: 'of 1 pod none runs it',
    exitCode: 4,
  });
});
