import {labEtcd} from '../test/support/lab-etcd.ts';
import {time} from './process.ts';
import {kops} from './programs.ts';
import {median} from './statistics.ts';
import type {Row} from './table.ts';

/**
 * What it costs beyond reading etcd to start, find the nodes, and open every value: the lab's Secrets, `count` of them, which must all be
 * encrypted. `lab`: its folder and name.
 */
export async function verifySecrets(
  env: NodeJS.ProcessEnv,
  lab: {readonly folder: string; readonly name: string},
  count: number,
  rounds: number,
): Promise<Row[]> {
  const etcd = await labEtcd(lab.folder, lab.name).open();
  const raw: number[] = [];
  const ours: number[] = [];
  try {
    for (let round = 0; round <= rounds; round++) {
      raw.push(await readAll());
      ours.push(await time(kops('encrypt-at-rest', 'verify', '-o', 'json'), env));
    }
  } finally {
    await etcd.close();
  }
  const [beyond, whole] = [ours.slice(1).map((seconds, i) => seconds - (raw[i + 1] ?? 0)), ours.slice(1)]; // the first warms up
  return [
    {
      what: `verify of ${count} Secrets`,
      result: `${median(whole).toFixed(1)} s, ${median(beyond).toFixed(1)} s beyond reading them from etcd`,
      goal: '≤ 3 s beyond',
      met: median(beyond) <= 3,
    },
  ];

  async function readAll(): Promise<number> {
    const start = performance.now();
    for await (const page of etcd.range({prefix: '/registry/secrets/'}, new AbortController().signal)) void page;
    return (performance.now() - start) / 1000;
  }
}
