// The main job of kops on a throwaway cluster, narrated. `npm run demo -- --driver kind` runs it with real pods, `--remove` removes it.
import {spawn, spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {parseArgs, styleText} from 'node:util';
import type {EncryptionStatus} from '../src/encryption/status.ts';
import type {KubeObject} from '../src/kube/json.ts';
import {resources} from '../src/kube/resources.ts';
import {type Api, connectApi, pathTo} from '../test/support/api.ts';
import {images, loadImages} from '../test/support/images.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const kubeconfig = join(root, 'demo.kubeconfig');
const lab = ['--name', 'demo', '--kubeconfig', kubeconfig];
const namespace = 'shop';
const {driver, remove} = flags();

let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (interrupted = true));

function flags() {
  const options = {
    driver: {type: 'string', default: process.platform === 'linux' ? 'embedded' : 'kind'},
    remove: {type: 'boolean', default: false},
  } as const;
  try {
    return parseArgs({options}).values;
  } catch (error) {
    console.error(`${(error as Error).message}\nnpm run demo -- [--driver embedded|kind] [--remove]`);
    process.exit(2);
  }
}

async function main(): Promise<void> {
  if (remove) return kops(['lab', 'down', '--yes', '--ignore-not-found', ...lab]);
  say('A throwaway cluster named "demo", apart from all yours: its kubeconfig is a file of its own.');
  if (driver === 'embedded')
    say('No Docker needed: a real control plane as processes of this machine; only the nodes and pods are simulated.');
  const up = ['lab', 'up', '--driver', driver, ...lab];
  await kops(up);
  if (hasEncryption()) {
    say('An earlier demo left encryption on, or a change of it half done: a new cluster takes its place.');
    await kops(['lab', 'down', '--yes', ...lab]);
    await kops(up);
  }
  if (driver === 'kind') await loadImages('demo', process.env);
  const api = connectApi(kubeconfig, 'demo');
  await emptyNamespace(api);

  say('A Deployment "web" of ten pods, release 1.0. kops watches it come up, and ends when it is up.');
  await api.apply(namespace, web(images.web10), secret);
  await kops(['rollout', 'watch', 'deploy/web', '-n', namespace]);

  say('Release 1.1 rolls out: never below what the strategy allows.');
  await api.apply(namespace, web(images.web11));
  await kops(['rollout', 'watch', 'deploy/web', '-n', namespace]);

  say(
    'Somebody ships an image that is in no registry. The watch does not wait ten minutes for a deadline: it says so at once (exit code 3).',
  );
  await api.apply(namespace, web(images.missing, driver === 'kind' ? {} : {'lab.kops.dev/fault': 'image-not-found'}));
  await kops(['rollout', 'watch', 'deploy/web', '-n', namespace], 3);

  say('What an on-call engineer types first: what is unhealthy in this cluster, and why?');
  await kops(['rollout', 'status', '-A'], 3);

  say(
    driver === 'kind'
      ? 'What changed?'
      : 'What changed? (A simulated kubelet pulls nothing: an annotation tells it to fail. kops does not read it.)',
  );
  await kops(['rollout', 'diff', 'deploy/web', '-n', namespace]);

  say('Back to the revision before it, and watch that it gets there.');
  await kops(['rollout', 'undo', 'deploy/web', '-n', namespace, '--yes', '--watch']);

  say('And what does the Secret hold that web reads?');
  await kops(['secret', 'decode', 'db', '-n', namespace]);

  say('Who else would notice a change of it, and when?');
  await kops(['secret', 'usage', 'db', '-n', namespace]);

  say(
    'base64 is not encryption. How is that Secret stored? kops reads etcd itself: anyone who has its files can read it (exit code 3).',
  );
  await kops(['encrypt-at-rest', 'verify', 'secret/db', '-n', namespace], 3);

  say(
    'Encryption at rest: a key, the API server restarted under a guard that would put everything back by itself, every Secret rewritten, and the proof.',
  );
  await kops(['encrypt-at-rest', 'setup', '--yes', '--no-snapshot']);
  await kops(['encrypt-at-rest', 'verify', 'secret/db', '-n', namespace]);

  say('A new key takes the place of the old one, which goes only once nothing is stored under it.');
  await kops(['encrypt-at-rest', 'rotate', '--yes', '--no-snapshot']);
  await kops(['encrypt-at-rest', 'verify']);

  say('That was it. The cluster stays, to go on with:');
  console.log(`  alias kops="${process.execPath} ${join(root, 'bin/dev.js')}"
  export KUBECONFIG=${kubeconfig}
  kops rollout history deploy/web -n ${namespace}
  kops encrypt-at-rest status
and to remove it:
  npm run demo -- --remove`);
}

/** On, or a change of it that was interrupted, whose API server may not even answer. */
function hasEncryption(): boolean {
  const words = [join(root, 'bin/dev.js'), 'encrypt-at-rest', 'status', '-o', 'json'];
  const {stdout} = spawnSync(process.execPath, words, {encoding: 'utf8', env: {...process.env, KUBECONFIG: kubeconfig}});
  if (stdout === '') return true;
  const {servers, transaction} = JSON.parse(stdout) as Pick<EncryptionStatus, 'servers' | 'transaction'>;
  return transaction !== null || servers.some(({configured}) => configured !== false);
}

/** Runs kops and shows it; ends the demo where it does not end as it should. */
async function kops(args: readonly string[], expected = 0): Promise<void> {
  console.log(styleText('bold', `$ kops ${args.filter((arg) => !['--kubeconfig', kubeconfig].includes(arg)).join(' ')}`));
  const child = spawn(process.execPath, [join(root, 'bin/dev.js'), ...args], {
    stdio: 'inherit',
    env: {...process.env, KUBECONFIG: kubeconfig},
  });
  // A terminal sends Ctrl-C to the child as well.
  const pass = (signal: NodeJS.Signals) => void (signal === 'SIGTERM' || !process.stdin.isTTY ? child.kill(signal) : undefined);
  process.on('SIGINT', pass).on('SIGTERM', pass);
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject).on('close', (exitCode, signal) => resolve(signal === null ? (exitCode ?? 0) : 130));
  });
  process.off('SIGINT', pass).off('SIGTERM', pass);
  if (interrupted) stop('Interrupted.', 130);
  if (code !== expected) stop(`That ended with exit code ${code} where ${expected} was expected.`, 1);
}

function stop(what: string, exitCode: number): never {
  say(`${what} What there is of the cluster stays; "npm run demo" starts over, and this removes it:`);
  console.log('  npm run demo -- --remove');
  process.exit(exitCode);
}

/** A second run starts where the first did. */
async function emptyNamespace(api: Api): Promise<void> {
  const path = pathTo(resources.namespaces, undefined, namespace);
  const exists = () =>
    api.send('GET', path).then(
      () => true,
      () => false,
    );
  if (await exists()) {
    await api.send('DELETE', path);
    while (await exists()) {
      if (interrupted) stop('Interrupted.', 130);
      await sleep(200);
    }
  }
  await api.apply(undefined, {apiVersion: 'v1', kind: 'Namespace', metadata: {name: namespace}});
}

/** Annotations tell the simulated kubelet of an embedded lab what to do; kops never reads them. */
function web(image: string, annotations: Record<string, string> = {}): KubeObject {
  const labels = {app: 'web'};
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name: 'web'},
    spec: {
      replicas: 10,
      selector: {matchLabels: labels},
      template: {
        metadata: {labels, annotations},
        spec: {
          containers: [
            {
              name: 'web',
              image,
              ports: [{containerPort: 8080}],
              readinessProbe: {httpGet: {path: '/healthz', port: 8080}, initialDelaySeconds: 3, periodSeconds: 1},
              envFrom: [{secretRef: {name: 'db'}}],
            },
          ],
        },
      },
    },
  } as KubeObject;
}

const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {name: 'db'},
  stringData: {username: 'admin', password: 's3cr3t\n'},
} as KubeObject;

function say(text: string): void {
  const lines = text.replace(/(?=\S)(.{1,78})(\s+|$)/g, '$1\n').trimEnd();
  console.log(`\n${styleText('cyan', lines)}`);
}

await main().catch((error: Error) => stop(error.message, 1));
