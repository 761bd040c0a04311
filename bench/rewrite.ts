import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {Pool} from 'undici';
import {parse} from 'yaml';
import type {KubeObject} from '../src/kube/json.ts';
import {sample, time} from './process.ts';
import {type Kubectl, kops} from './programs.ts';
import {median} from './statistics.ts';
import {mb, type Row} from './table.ts';
import {verifySecrets} from './verify.ts';

const SECRETS = 10_000;
/** Bytes a secret. */
const SIZE = 1024;
const LARGE = 150;
const LARGE_SIZE = 1_000_000;
const CONNECTIONS = 32;
const NAMESPACE = 'bench-rewrite';
const PATH = `/api/v1/namespaces/${NAMESPACE}/secrets`;

/**
 * How long it takes to store every Secret anew after the write key has changed: kops, kubectl's `get | replace`, and the bare loop of writes
 * that is the most this API server takes. Turn by turn, and before each turn the servers get a new key, so that all that is stored is stale.
 */
export async function rewriteSecrets(
  kubectl: Kubectl,
  env: NodeJS.ProcessEnv,
  {kubeconfig, ...lab}: {readonly kubeconfig: string; readonly folder: string; readonly name: string},
  rounds: number,
): Promise<Row[]> {
  const bare = connectBare(kubeconfig);
  await bare.send('POST', '/api/v1/namespaces', {metadata: {name: NAMESPACE}});
  await bare.create('s', SECRETS, SIZE);
  await newKey('setup', env);

  const ceiling: number[] = [];
  const ours: number[] = [];
  const theirs: number[] = [];
  let peak = 0;
  for (let round = 0; round < rounds; round++) {
    if (round > 0) await newKey('rotate', env);
    ceiling.push(await bare.rewrite());
    await newKey('rotate', env);
    const usage = await rewrite(env);
    ours.push(usage.elapsed);
    peak = Math.max(peak, usage.peak);
    await newKey('rotate', env);
    theirs.push(await time(['sh', '-c', `'${kubectl.path}' get secrets -A -o json | '${kubectl.path}' replace -f -`], env));
  }

  const verification = await verifySecrets(env, lab, SECRETS, rounds);

  await bare.create('large', LARGE, LARGE_SIZE);
  await newKey('rotate', env);
  const large = await rewrite(env);
  await bare.close();

  const times = theirs.map((seconds, i) => seconds / (ours[i] ?? Number.NaN));
  const share = ceiling.map((seconds, i) => seconds / (ours[i] ?? Number.NaN));
  const what = `rewrite of ${SECRETS} Secrets`;
  return [
    {
      what,
      result: `kops ${told(ours)}; kubectl ${told(theirs)}: ${median(times).toFixed(1)}×`,
      goal: '≥ 4× kubectl',
      met: median(times) >= 4,
    },
    {
      what: `${what}: share of the ceiling`,
      result: `${Math.round(100 * median(share))} % of ${told(ceiling)}, ${CONNECTIONS} connections`,
      goal: '≥ 80 %',
      met: median(share) >= 0.8,
    },
    {
      what: `${what}: memory`,
      result: `${mb(peak)} at most; ${mb(large.peak)} with ${LARGE} of 1 MB besides`,
      goal: '≤ 150 MB',
      met: Math.max(peak, large.peak) <= 150,
    },
    ...verification,
  ];
}

const told = (seconds: readonly number[]): string =>
  `${median(seconds).toFixed(1)} s (${Math.round(SECRETS / median(seconds))}/s)`;

/** From now on the servers write with a key that nothing is stored under. */
const newKey = (operation: 'setup' | 'rotate', env: NodeJS.ProcessEnv): Promise<number> =>
  time(kops('encrypt-at-rest', operation, '--yes', '--no-snapshot', '--no-rewrite'), env);

async function rewrite(env: NodeJS.ProcessEnv) {
  const [program = '', ...args] = kops('encrypt-at-rest', 'rewrite', '--yes', '-o', 'json');
  const child = spawn(program, args, {env, stdio: ['ignore', 'ignore', 'pipe']});
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  const usage = await sample(child, child.pid ?? 0, 100);
  if (child.exitCode !== 0) throw new Error(`the rewrite ended with ${child.exitCode}\n${errors}`);
  return usage;
}

interface Bare {
  send(method: 'GET' | 'POST' | 'PUT', path: string, body?: object | Buffer): Promise<Buffer>;
  create(prefix: string, count: number, size: number): Promise<void>;
  /** Seconds to write everything back, once it is read. */
  rewrite(): Promise<number>;
  close(): Promise<void>;
}

/** As little as there can be between this process and the API server. */
function connectBare(kubeconfig: string): Bare {
  const {clusters, users} = parse(readFileSync(kubeconfig, 'utf8'));
  const [{cluster}] = clusters;
  const [{user}] = users;
  const pem = (data: string) => Buffer.from(data, 'base64').toString();
  const pool = new Pool(cluster.server, {
    connections: CONNECTIONS,
    allowH2: false, // one request at a time on each, as the numbers say
    connect: {
      ca: pem(cluster['certificate-authority-data']),
      cert: pem(user['client-certificate-data']),
      key: pem(user['client-key-data']),
    },
  });

  const send: Bare['send'] = async (method, path, body) => {
    const headers = {'content-type': 'application/json'};
    const payload = body === undefined || Buffer.isBuffer(body) ? (body ?? null) : JSON.stringify(body);
    const answer = await pool.request({method, path, headers, body: payload});
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${bytes}`);
    return bytes;
  };
  const inParallel = async <T>(items: readonly T[], task: (item: T) => Promise<unknown>): Promise<void> => {
    let next = 0;
    const work = async () => {
      for (let item = items[next++]; item !== undefined; item = items[next++]) await task(item);
    };
    await Promise.all(Array.from({length: CONNECTIONS}, work));
  };

  return {
    send,
    close: () => pool.close(),
    create: (prefix, count, size) =>
      inParallel(
        Array.from({length: count}, (_, i) => `${prefix}-${i}`),
        (name) => send('POST', PATH, {metadata: {name}, data: {value: Buffer.alloc(size, name).toString('base64')}}),
      ),
    async rewrite() {
      const objects: {path: string; body: Buffer}[] = [];
      for (let token = ''; ; ) {
        const page = JSON.parse(String(await send('GET', `${PATH}?limit=500&continue=${encodeURIComponent(token)}`)));
        for (const object of page.items as KubeObject[])
          objects.push({path: `${PATH}/${object.metadata?.name}`, body: Buffer.from(JSON.stringify(object))});
        token = page.metadata.continue ?? '';
        if (token === '') break;
      }
      const start = performance.now();
      await inParallel(objects, ({path, body}) => send('PUT', path, body));
      return (performance.now() - start) / 1000;
    },
  };
}
