import {vi} from 'vitest';
import type {Cluster} from '../../src/kube/cluster.ts';
import {connect} from '../../src/kube/connect.ts';
import {type RolloutStatus, rolloutStatus} from '../../src/rollout/status.ts';
import {parseWorkloads} from '../../src/rollout/workload.ts';
import {liveCluster, type TestNamespace} from './live.ts';

const signal = new AbortController().signal;
let connected: Promise<Cluster> | undefined;
/** The cluster of the tests, as kops reaches it; one connection for a whole file. */
const liveConnection = (): Promise<Cluster> => {
  connected ??= connect({kubeconfig: liveCluster().kubeconfig});
  return connected;
};

/** What `kops rollout status` reports of a workload (`deploy/web`) now. */
export async function statusNow(namespace: TestNamespace, word: string): Promise<RolloutStatus> {
  const [ref] = parseWorkloads([word], namespace.name);
  if (ref === undefined) throw new Error(`${word} is no workload`);
  return rolloutStatus(await liveConnection(), ref, signal);
}

/** Asks for the status until it is as the test wants it. */
export const statusUntil = (
  namespace: TestNamespace,
  word: string,
  isSo: (status: RolloutStatus) => boolean,
  within = 45_000,
): Promise<RolloutStatus> =>
  vi.waitFor(
    async () => {
      const status = await statusNow(namespace, word);
      if (!isSo(status)) throw new Error(`${word} is not so yet: ${told(status)}`);
      return status;
    },
    {timeout: within, interval: 200},
  );

/** `failed · ImageNotFound doomed: web:9.9: not found`, a line for each cause. */
export const told = ({phase, causes}: RolloutStatus): string =>
  [phase, ...causes.map(({reason, doomed, message}) => `${reason}${doomed ? ' doomed' : ''}: ${message}`)].join('\n');

/** Whether this is the verdict, and this the likeliest cause of it. */
export const isBecause =
  (expected: RolloutStatus['phase'], reason: string, doomed = expected === 'failed') =>
  ({phase, causes: [first]}: RolloutStatus): boolean =>
    phase === expected && first?.reason === reason && first.doomed === doomed;
