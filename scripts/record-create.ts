// Records what kubectl makes of the cases in test/support/create-cases.ts: `node scripts/record-create.ts`, with kubectl on the PATH.
import {execFile} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {CREATE_ENVIRONMENT, createCases} from '../test/support/create-cases.ts';
import {layCreateFiles} from '../test/support/create-files.ts';

const run = promisify(execFile);
const target = fileURLToPath(new URL('../test/fixtures/create/kubectl.json', import.meta.url));
const cwd = await mkdtemp(join(tmpdir(), 'kops-record-'));
const env = {PATH: process.env.PATH, KUBECONFIG: '/dev/null', ...CREATE_ENVIRONMENT};

/** The object, or null where kubectl refuses. */
async function record(args: readonly string[]): Promise<unknown> {
  const words = ['create', ...args, '--dry-run=client', '-o', 'json'];
  const {stdout} = await run('kubectl', words, {cwd, env, maxBuffer: 16 * 1024 * 1024}).catch(() => ({stdout: 'null'}));
  return JSON.parse(stdout);
}

try {
  await layCreateFiles(cwd);
  const {stdout} = await run('kubectl', ['version', '--client', '-o', 'json']);
  const version: string = JSON.parse(stdout).clientVersion.gitVersion;
  const objects: Record<string, unknown> = {};
  for (const {title, args} of createCases) {
    if (title in objects) throw new Error(`two cases are called ${title}`);
    objects[title] = await record(args);
  }
  await writeFile(target, `${JSON.stringify({kubectl: version, objects}, null, 2)}\n`);
  console.log(`${createCases.length} cases by kubectl ${version}`);
} finally {
  await rm(cwd, {recursive: true, force: true});
}
