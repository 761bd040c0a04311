import {spawn} from 'node:child_process';
import type {Api} from '../test/support/api.ts';
import {childOf, sample} from './process.ts';
import {kops} from './programs.ts';
import {mb, type Row} from './table.ts';
import type {Watch} from './watch.ts';
import {deployment} from './workload.ts';

const PODS = 1000;

/** What `rollout watch` takes, in a terminal that it redraws, while a Deployment of 1,000 pods is replaced. */
export async function largeRollout(api: Api, env: NodeJS.ProcessEnv, namespace: string, watch: Watch): Promise<Row[]> {
  await api.apply(namespace, deployment('large', {replicas: PODS, image: 'web:1'}));
  await watch.until('large', (status) => status.availableReplicas === PODS);

  const words = kops('rollout', 'watch', 'deploy/large', '-n', namespace, '--revision', '2', '--timeout', '15m');
  const command = `stty cols 100 rows 50; exec ${words.map((word) => `'${word}'`).join(' ')}`;
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
    env: {...env, TERM: 'xterm-256color'},
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screens = 0;
  child.stdout.on('data', () => (screens += 1));
  const pid = await childOf(child.pid ?? 0);
  const usage = sample(child, pid, 200);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await api.apply(namespace, deployment('large', {replicas: PODS, image: 'web:2'}));

  const {memory, peak, cpu, elapsed} = await usage;
  const from = (share: number) => memory.filter(([at]) => at >= elapsed * share).map(([, megabytes]) => megabytes);
  const [early, late] = [Math.max(...from(0.25).slice(0, 10)), Math.max(...from(0.9))];
  return [
    {
      what: `watch: memory over a rollout of ${PODS} pods`,
      result: `${mb(peak)} at most; ${mb(early)} after a quarter of it, ${mb(late)} at its end`,
      goal: '≤ 150 MB, flat',
      met: peak <= 150 && late <= early * 1.1,
    },
    {
      what: `watch: CPU over a rollout of ${PODS} pods`,
      result: `${cpu.toFixed(1)} s in ${elapsed.toFixed(0)} s (${Math.round((100 * cpu) / elapsed)} % of one core), ${screens} writes`,
    },
  ];
}
