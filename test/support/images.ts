import {fileURLToPath} from 'node:url';
import {start} from './process.ts';

const releases = ['1.0', '1.1', '2.0', 'broken'] as const;
const tagOf = (release: (typeof releases)[number]): string => `kops-e2e/web:${release}`;

/** What tests on kind roll out: HTTP on 8080 (`args: ['9090']` for another port) with /version, /hostname and /healthz. */
export const images = {
  web10: tagOf('1.0'),
  web11: tagOf('1.1'),
  web20: tagOf('2.0'),
  /** Ends with 1 two seconds after its start, its reason in the last line it logs. */
  broken: tagOf('broken'),
  /** In no registry, on no node. */
  missing: 'kops-e2e.invalid/web:9.9',
} as const;

/** Builds them and loads them onto the nodes of a kind cluster. KOPS_TEST_BASE_IMAGE: a base other than the Dockerfile's. */
export async function loadImages(cluster: string, env: NodeJS.ProcessEnv): Promise<void> {
  const folder = fileURLToPath(new URL('../images/web', import.meta.url));
  const base = env.KOPS_TEST_BASE_IMAGE ? ['--build-arg', `BASE=${env.KOPS_TEST_BASE_IMAGE}`] : [];
  for (const release of releases) {
    await must('docker', ['build', '--quiet', ...base, '--build-arg', `RELEASE=${release}`, '--tag', tagOf(release), folder]);
  }
  await must('kind', ['load', 'docker-image', '--name', cluster, ...releases.map(tagOf)]);
}

async function must(program: string, args: readonly string[]): Promise<void> {
  const {code, stdout, stderr} = await start(program, args).ended;
  if (code !== 0) throw new Error(`${program} ${args[0]} ended with ${code}\n${stdout}${stderr}`);
}
