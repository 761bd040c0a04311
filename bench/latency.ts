import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';
import type {Api} from '../test/support/api.ts';
import {delays, type Sighting} from './delays.ts';
import {kops} from './programs.ts';
import {median, p95} from './statistics.ts';
import {ms, type Row} from './table.ts';
import type {DeploymentStatus, Watch} from './watch.ts';
import {deployment} from './workload.ts';

/** What of a Deployment's status both sides know it by. */
const stateOf = (s: DeploymentStatus): string =>
  [s.updatedReplicas ?? 0, s.readyReplicas ?? 0, s.availableReplicas ?? 0].join('/');

/**
 * From a change of a Deployment's status to the line that `rollout watch` prints of it, off a terminal. The change is timed when a bare
 * watch of this process, beside that of kops, sees it; a line also stands for the changes before it that had none of their own. Fifty pods
 * are replaced one by one.
 */
export async function latency(api: Api, env: NodeJS.ProcessEnv, namespace: string, watch: Watch): Promise<Row[]> {
  const shape = {replicas: 50, strategy: {maxSurge: 1, maxUnavailable: 0}};
  await api.apply(namespace, deployment('one-by-one', {...shape, image: 'web:1'}));
  await watch.until('one-by-one', (status) => status.availableReplicas === 50);

  const [program = '', ...args] = kops('rollout', 'watch', 'deploy/one-by-one', '-n', namespace, '-o', 'json', '--revision', '2');
  const child = spawn(program, args, {env, stdio: ['ignore', 'pipe', 'inherit']});
  const lines: Sighting[] = [];
  createInterface({input: child.stdout}).on('line', (line) => {
    const {updated, ready, available} = JSON.parse(line);
    const state = stateOf({updatedReplicas: updated, readyReplicas: ready, availableReplicas: available});
    lines.push({state, at: performance.now()});
  });
  await new Promise((resolve) => child.stdout.once('data', resolve)); // it is connected and has seen the state of things

  const changes: Sighting[] = [];
  const stop = watch.on('one-by-one', (status) => {
    const state = stateOf(status);
    if (state !== (changes.at(-1) ?? lines[0])?.state) changes.push({state, at: performance.now()});
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const before = lines.length;
  await api.apply(namespace, deployment('one-by-one', {...shape, image: 'web:2'}));
  await ended;
  stop();

  const seconds = delays(changes, lines.slice(before)).map((milliseconds) => milliseconds / 1000);
  return [
    {
      what: 'watch: status change to printed line',
      result: `p50 ${ms(median(seconds))}, p95 ${ms(p95(seconds))} (${changes.length} changes, ${lines.length - before} lines)`,
      goal: 'p95 ≤ 100 ms',
      met: p95(seconds) <= 0.1,
    },
  ];
}
