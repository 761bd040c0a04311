import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {stringify} from 'yaml';
import {start} from './process.ts';

const folder = fileURLToPath(new URL('../images', import.meta.url));

/** Images of the tests on kind, built from test/images; on an embedded lab no more than names. */
export const images = {
  /** HTTP on 8080: `/` and `/version` tell the release; `/healthz` is 404 with READY=false or after `rm /tmp/www/healthz`. */
  web10: 'kops.local/web:1.0',
  web11: 'kops.local/web:1.1',
  web20: 'kops.local/web:2.0',
  /** Writes `panic: DATABASE_URL is not set` and exits with 1 after a second. */
  broken: 'kops.local/broken:1.0',
  /** busybox. */
  shell: 'kops.local/shell:1.0',
  /** The registry of a node (see below) has none of this name. */
  missing: 'localhost:5055/web:9.9',
  /** It asks for a password before it tells anything of this one. */
  denied: 'localhost:5055/private/web:1.0',
} as const;
const {missing: _, denied: __, ...built} = images;

const HASH_LABEL = 'kops.local/sources';
const DEFAULT_BASE = 'busybox:1.37';

/**
 * Builds the images that the engine does not have as they are now, loads them into the nodes of a kind cluster, and gives each node a
 * registry without images, so that one that does not exist is not found rather than out of reach.
 * `KOPS_TEST_BASE_IMAGE` names an image with busybox's applets where busybox cannot be pulled.
 */
export async function loadImages(cluster: string, env: NodeJS.ProcessEnv): Promise<void> {
  const base = env.KOPS_TEST_BASE_IMAGE || DEFAULT_BASE;
  const hash = hashOf(base);
  for (const image of Object.values(built)) {
    if ((await builtFrom(image)) !== hash) await build(image, base, hash);
  }
  await must('kind', ['load', 'docker-image', '--name', cluster, ...Object.values(built)]);
  const nodes = (await must('kind', ['get', 'nodes', '--name', cluster])).split('\n').filter((node) => node !== '');
  for (const node of nodes) await must('docker', ['exec', '-i', node, 'cp', '/dev/stdin', REGISTRY_FILE], emptyRegistry);
  for (const node of nodes) await must('docker', ['exec', node, 'timeout', '60', 'bash', '-c', REGISTRY_ANSWERS]);
}

const REGISTRY_FILE = '/etc/kubernetes/manifests/empty-registry.yaml';
const REGISTRY_ANSWERS = 'until echo >/dev/tcp/127.0.0.1/5055; do sleep 0.2; done 2>/dev/null';
/** A web server without files answers every question for a manifest as a registry does that lacks it: 404. */
const emptyRegistry = stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {name: 'empty-registry', namespace: 'kube-system'},
  spec: {
    hostNetwork: true,
    containers: [
      {
        name: 'registry',
        image: images.shell,
        command: [
          'sh',
          '-c',
          'echo /v2/private:user:password >/httpd.conf; exec httpd -f -p 127.0.0.1:5055 -h /tmp -c /httpd.conf',
        ],
      },
    ],
  },
});

function hashOf(base: string): string {
  const hash = createHash('sha256').update(base);
  for (const file of ['Dockerfile', 'web.sh']) hash.update(readFileSync(`${folder}/${file}`));
  return hash.digest('hex').slice(0, 16);
}

async function builtFrom(image: string): Promise<string> {
  const format = `{{index .Config.Labels "${HASH_LABEL}"}}`;
  const {stdout} = await start('docker', ['image', 'inspect', '--format', format, image]).ended;
  return stdout.trim();
}

async function build(image: string, base: string, hash: string): Promise<void> {
  const [target, version] = image.replace('kops.local/', '').split(':');
  const args = ['--target', `${target}`, '--build-arg', `BASE=${base}`, '--build-arg', `VERSION=${version}`];
  await must('docker', ['build', '--tag', image, '--label', `${HASH_LABEL}=${hash}`, ...args, folder]);
}

async function must(program: string, args: readonly string[], stdin = ''): Promise<string> {
  const {code, stdout, stderr} = await start(program, args, {stdin}).ended;
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}\n${stderr}`);
  return stdout;
}
