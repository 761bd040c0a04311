import {time} from './process.ts';
import {type Kubectl, kops, type Words} from './programs.ts';
import {median, p95} from './statistics.ts';
import {ms, type Row} from './table.ts';

/** Start-up and `rollout status` of a healthy Deployment (`namespace`/web), each beside kubectl's, turn by turn. */
export async function oneShot(kubectl: Kubectl, env: NodeJS.ProcessEnv, namespace: string, runs: number): Promise<Row[]> {
  const there = ['-n', namespace];
  const pairs: readonly (readonly [string, Words, Words])[] = [
    ['--version', kops('--version'), [kubectl.path, 'version', '--client']],
    ['--help', kops('--help'), [kubectl.path, '--help']],
    ['rollout status --help', kops('rollout', 'status', '--help'), [kubectl.path, 'rollout', 'status', '--help']],
    [
      'rollout status',
      kops('rollout', 'status', 'deploy/web', ...there),
      [kubectl.path, 'rollout', 'status', 'deploy/web', ...there],
    ],
    ['secret decode', kops('secret', 'decode', 'db', ...there), [kubectl.path, 'get', 'secret', 'db', '-o', 'json', ...there]],
  ];
  const rows: Row[] = [];
  for (const [what, ours, theirs] of pairs) {
    await time(ours, env); // leaves its compiled code for the others, and fills the disk's cache
    await time(theirs, env);
    const seconds: [number[], number[]] = [[], []];
    for (let run = 0; run < runs; run += 1) {
      seconds[0].push(await time(ours, env));
      seconds[1].push(await time(theirs, env));
    }
    const ratio = median(seconds[0]) / median(seconds[1]);
    const each = seconds.map((list) => `${ms(median(list))} (p95 ${ms(p95(list))})`);
    rows.push({
      what: `kops ${what}`,
      result: `${each[0]}, kubectl ${each[1]}: ${ratio.toFixed(2)}×`,
      goal: '≤ 1.5×',
      met: ratio <= 1.5,
    });
  }
  const alone = async (what: string, words: Words, environment = env) => {
    const seconds: number[] = [];
    for (let run = 0; run < runs; run += 1) seconds.push(await time(words, environment));
    rows.push({what, result: `${ms(median(seconds))} (p95 ${ms(p95(seconds))})`});
  };
  const nowhere = {...env, XDG_CACHE_HOME: '/dev/null'};
  await alone('kops rollout status, with no compiled code', kops('rollout', 'status', 'deploy/web', ...there), nowhere);
  await alone('node -e 0', [process.execPath, '-e', '0']);
  return rows;
}
