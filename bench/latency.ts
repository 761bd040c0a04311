import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';
import type {Api} from '../test/support/api.ts';
import {kops} from './programs.ts';
import {median, p95} from './statistics.ts';
import {ms, type Row} from './table.ts';
import type {DeploymentStatus, Watch} from './watch.ts';
import {deployment} from './workload.ts';

/** What of a Deployment's status both sides know it by. */
const key = (s: DeploymentStatus): string => [s.updatedReplicas ?? 0, s.readyReplicas ?? 0, s.availableReplicas ?? 0].join('/');

/**
 * From a change of a Deployment's status to the line that `rollout watch` prints of it, off a terminal. The change is timed when a bare
 * watch of this process, beside that of kops, sees it. Fifty pods are replaced one by one.
 */
export async function latency(api: Api, env: NodeJS.ProcessEnv, namespace: string, watch: Watch): Promise<Row[]> {
  const shape = {replicas: 50, strategy: {maxSurge: 1, maxUnavailable: 0}};
  await api.apply(namespace, deployment('one-by-one', {...shape, image: 'web:1'}));
  await watch.until('one-by-one', (status) => status.availableReplicas === 50);

  const [program = '', ...args] = kops('rollout', 'watch', 'deploy/one-by-one', '-n', namespace, '-o', 'json', '--revision', '2');
  const child = spawn(program, args, {env, stdio: ['ignore', 'pipe', 'inherit']});
  const printed = new Map<string, number>();
  createInterface({input: child.stdout}).on('line', (line) => {
    const {updated, ready, available} = JSON.parse(line);
    const at = key({updatedReplicas: updated, readyReplicas: ready, availableReplicas: available});
    if (!printed.has(at)) printed.set(at, performance.now());
  });
  await new Promise((resolve) => child.stdout.once('data', resolve)); // it is connected and has seen the state of things

  const changed = new Map<string, number>();
  const stop = watch.on('one-by-one', (status) => {
    const at = key(status);
    if (!changed.has(at)) changed.set(at, performance.now());
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  await api.apply(namespace, deployment('one-by-one', {...shape, image: 'web:2'}));
  await ended;
  stop();

  const delays = [...changed].flatMap(([at, since]) => {
    const line = printed.get(at);
    return line === undefined ? [] : [Math.max(0, line - since) / 1000];
  });
  return [
    {
      what: 'watch: status change to printed line',
      result: `p50 ${ms(median(delays))}, p95 ${ms(p95(delays))} (${delays.length} of ${changed.size} changes printed)`,
      goal: 'p95 ≤ 100 ms',
      met: p95(delays) <= 0.1,
    },
  ];
}
