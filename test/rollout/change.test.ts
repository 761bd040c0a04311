import {expect, test} from 'vitest';
import {ConnectionProblem} from '../../src/kube/errors.ts';
import type {KubeObject} from '../../src/kube/json.ts';
import {type Intent, patchWorkload} from '../../src/rollout/change.ts';
import type {Workload} from '../../src/rollout/workload.ts';
import {deployment} from '../support/builders.ts';
import {FakeCluster} from '../support/fake-cluster.ts';

const isPaused = ({kind, spec}: Workload) => kind === 'Deployment' && spec?.paused === true;
const pause: Intent = {
  patchFor: (workload) => (isPaused(workload) ? [] : [{op: 'add', path: '/spec/paused', value: true}]),
  isDone: isPaused,
};
const noAnswer = new ConnectionProblem('no answer from the API server', {passing: true});

/** A cluster whose answers to a patch are lost: after it was done, or before. */
class Silent extends FakeCluster {
  takesEffect = true;
  readable = true;
  error: Error = noAnswer;
  onPatch = () => {};
  override async patch(...args: Parameters<FakeCluster['patch']>): Promise<never> {
    if (this.takesEffect) await super.patch(...args);
    this.onPatch();
    throw this.error;
  }
  override async find(...args: Parameters<FakeCluster['find']>): Promise<undefined> {
    if (!this.readable) throw noAnswer;
    return super.find(...args);
  }
}

async function pauseOn(cluster: FakeCluster, signal = AbortSignal.timeout(30_000)): Promise<Workload> {
  return patchWorkload(cluster, cluster.read('deployments', 'web'), pause, {dryRun: 'none', signal});
}
const silent = (state: Partial<Pick<Silent, 'takesEffect' | 'readable' | 'error' | 'onPatch'>> = {}) =>
  Object.assign(new Silent([deployment()]), state);

test('a change whose answer was lost is found to be done', async () => {
  expect(isPaused(await pauseOn(silent()))).toBe(true);
});

test.each([
  [
    'did not take effect',
    {takesEffect: false},
    {message: 'no answer from the API server', why: expect.stringContaining('read again deployment/web is as it was')},
  ],
  [
    'nobody can tell',
    {readable: false},
    {message: 'nobody knows whether deployment/web was changed', why: expect.stringContaining('no answer from the API server')},
  ],
])('of a change whose answer was lost it says that it %s', async (_case, state, expected) => {
  const next = 'kops rollout status deploy/web -n shop';
  await expect(pauseOn(silent(state))).rejects.toMatchObject({...expected, next, exitCode: 5});
});

test.each([true, false])('an interrupted change that the server did (%s) is known to be so', async (takesEffect) => {
  const interruption = new AbortController();
  const cluster = silent({takesEffect, error: new DOMException('aborted', 'AbortError'), onPatch: () => interruption.abort()});
  const result = pauseOn(cluster, interruption.signal);
  if (takesEffect) expect(isPaused(await result)).toBe(true);
  else await expect(result).rejects.toMatchObject({message: 'interrupted', why: expect.any(String), exitCode: 130});
});

test('an interruption lets a change that is under way end', async () => {
  const interruption = new AbortController();
  const cluster = new FakeCluster([deployment()]);
  cluster.meanwhile = () => interruption.abort();
  expect(isPaused(await pauseOn(cluster, interruption.signal))).toBe(true);
});

test('an interruption before the change keeps it from being sent', async () => {
  const cluster = new FakeCluster([deployment()]);
  await expect(pauseOn(cluster, AbortSignal.abort())).rejects.toThrow(/abort/);
  expect(cluster.requests).not.toContain('patch deployments/web');
});

test('a status that changes all the time does not hold a change up', async () => {
  const cluster = new FakeCluster([deployment()]);
  let writes = 0;
  const writeAgain = () => {
    cluster.put(cluster.read<KubeObject>('deployments', 'web'));
    writes += 1;
    if (writes < 6) cluster.meanwhile = writeAgain;
  };
  cluster.meanwhile = writeAgain;
  expect(isPaused(await pauseOn(cluster))).toBe(true);
  expect(writes).toBe(6);
});
