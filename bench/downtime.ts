import {execFileSync} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {connectApi} from '../test/support/api.ts';
import {probeMachine} from '../test/support/kind-tests.ts';
import {time} from './process.ts';
import {kops} from './programs.ts';
import type {Row} from './table.ts';

const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
/** Milliseconds between two requests. */
const POLL = 50;
/** Milliseconds that an API server may take to be gone after its manifest changed, and to come back. */
const LONGEST = 180_000;

/**
 * How long the only API server of a kubeadm cluster is away, as a client sees it: while kops turns encryption on and off, and while somebody
 * edits the manifest by hand. Needs kind.
 */
export async function downtime(env: NodeJS.ProcessEnv): Promise<Row[]> {
  const missing = await probeMachine();
  if (missing !== undefined) return [{what: 'API downtime', result: `not measured: ${missing}`}];
  const folder = await mkdtemp(join(tmpdir(), 'kops-bench-'));
  const name = `kops-bench-downtime-${process.pid}`;
  const own = {...env, KUBECONFIG: join(folder, 'kubeconfig'), XDG_STATE_HOME: join(folder, 'state')};
  await time(kops('lab', 'up', '--driver', 'kind', '--workers', '0', '--name', name), own);
  try {
    const api = connectApi(own.KUBECONFIG, 'bench');
    const outage = outages(() => api.send('GET', '/api/v1/namespaces/kube-system/secrets?limit=1'));
    const change = (...words: string[]) => time(kops('encrypt-at-rest', ...words, '--yes', '--no-snapshot'), own);
    const [, on] = await outage.during(() => change('setup'));
    const [, off] = await outage.during(() => change('disable'));
    const louder = `sed -i 's/^\\( *\\)- kube-apiserver$/&\\n\\1- --v=1/' ${MANIFEST}`;
    const [, byHand] = await outage.during(async () => {
      execFileSync('docker', ['exec', `${name}-control-plane`, 'sh', '-c', louder]);
      await outage.next();
    });
    await outage.stop();
    const longest = Math.max(on, off);
    return [
      {
        what: 'API downtime, 1 control plane',
        result: `setup ${on.toFixed(1)} s, disable ${off.toFixed(1)} s; the same edit by hand ${byHand.toFixed(1)} s`,
        goal: '≤ 15 s',
        met: longest <= 15,
      },
    ];
  } finally {
    await time(kops('lab', 'down', '--name', name), own);
    await rm(folder, {recursive: true, force: true});
  }
}

/** Asks again and again, and remembers for how long nobody answered. */
function outages(ask: () => Promise<unknown>) {
  let longest = 0;
  let ended = 0;
  let stopped = false;
  const watching = (async () => {
    let since: number | undefined;
    for (; !stopped; await sleep(POLL)) {
      const answers = await ask().then(
        () => true,
        () => false,
      );
      const now = performance.now();
      if (!answers) since ??= now;
      else if (since !== undefined) {
        longest = Math.max(longest, now - since);
        ended += 1;
        since = undefined;
      }
    }
  })();
  return {
    /** What the task resolves with, and the seconds of the longest outage in it. */
    async during<T>(task: () => Promise<T>): Promise<[T, number]> {
      longest = 0;
      const done = await task();
      return [done, longest / 1000];
    },
    /** Resolves when one more has ended. */
    async next(): Promise<void> {
      const before = ended;
      for (const deadline = performance.now() + LONGEST; ended === before; await sleep(POLL)) {
        if (performance.now() > deadline) throw new Error('the API server did not restart');
      }
    },
    async stop(): Promise<void> {
      stopped = true;
      await watching;
    },
  };
}
