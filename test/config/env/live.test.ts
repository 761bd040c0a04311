import {expect, test} from 'vitest';
import {compareEffectiveEnv} from '../../../src/config/env/env.ts';
import {renderEnv} from '../../../src/config/env/view.ts';
import type {KubeObject} from '../../../src/kube/json.ts';
import {ExitCode, Problem} from '../../../src/problem.ts';
import {createTheme} from '../../../src/text/screen.ts';
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

test('an image without cat and env cannot be compared: what it would get is told all the same, and why that is all', async () => {
  const report = await compare({});
  expect(report).toMatchObject({
    variables: [{name: 'A', value: 'new'}],
    notCompared: {
      message: 'the environment of container web of pod/web-1 cannot be read',
      why: 'neither cat nor env runs in it: executable file not found',
      exitCode: 5,
    },
  });
  expect(renderEnv(report, {theme: createTheme(false), width: 80, now: 0})).toMatchInlineSnapshot(`
    "deployment/web  shop  container web                                    pod web-1
    A  new           value

    ⚠ not compared with what runs: the environment of container web of pod/web-1
      cannot be read: neither cat nor env runs in it: executable file not found
      → kubectl debug web-1 -n shop -it --image=busybox --target=web -- cat
      /proc/1/environ"
  `);
});

test('who may not exec is told so, behind what they may see', async () => {
  const cluster = new FakeCluster([deployment(), web], {
    forbidden: ['create pods'],
    answer,
    exec: () => ({code: 0, stdout: Buffer.alloc(0), stderr: ''}),
  });
  const report = await compareEffectiveEnv(cluster, target, {reveal: false}, never);
  expect(report).toMatchObject({variables: [{name: 'A'}], notCompared: {message: 'may not create pods', exitCode: 5}});
});

test('a workload without a running pod cannot be compared', async () => {
  const waiting = pod({name: 'web-1', containers: [{name: 'web', waiting: {reason: 'CreateContainerConfigError'}}]});
  expect(await compare({}, waiting)).toMatchObject({
    kind: 'EffectiveEnv',
    notCompared: {
      message: 'container web of deployment/web does not run',
      why: 'of 1 pod none runs it',
      next: 'kops rollout status deployment/web -n shop',
      exitCode: 4,
    },
  });
});

test('a workload that is not there is an error, compared or not', async () => {
  await expect(compareEffectiveEnv(new FakeCluster([]), target, {reveal: false}, never)).rejects.toMatchObject({exitCode: 5});
});
