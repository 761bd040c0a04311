// Packs kops, installs the package as a user would (no dev dependencies, a prefix of its own) and uses what was installed.
import {execFile} from 'node:child_process';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {connectApi} from '../test/support/api.ts';
import {type Result, start} from '../test/support/process.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = await mkdtemp(join(tmpdir(), 'kops-smoke-'));
const kubeconfig = join(scratch, 'kubeconfig');
const lab = `kops-smoke-${process.pid}`;
try {
  const kops = await install();
  await answersAtOnce(kops);
  await explainsItself(kops);
  await worksOnALab(kops);
} finally {
  await rm(scratch, {recursive: true, force: true});
}
console.log('smoke: the packed kops works');

async function install(): Promise<string> {
  const packed = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', scratch]);
  // npm 11 prints a list, npm 12 an object by package name
  const [{filename, files}] = Object.values(JSON.parse(packed)) as [{filename: string; files: {path: string}[]}];
  const paths = files.map(({path}) => path);
  for (const needed of [
    'LICENSE',
    'README.md',
    'bin/kops.cjs',
    'dist/help.cjs',
    'dist/topics/rollout.cjs',
    'src/nodes/guard/guard.sh',
    'dist/THIRD-PARTY-LICENSES',
    'oclif.manifest.json',
  ])
    check(`the package has ${needed}`, paths.includes(needed), paths.join('\n'));
  for (const needed of [
    /^src\/lab\/program\/go\.mod$/,
    /^src\/lab\/program\/go\.sum$/,
    /^src\/lab\/stages\/./,
    /^kind-config\.yaml$/,
  ])
    check(
      `the package has what a lab needs: ${needed}`,
      paths.some((path) => needed.test(path)),
      paths.join('\n'),
    );
  const stray = paths.filter((path) => /\.test\.|^(test|commands|scripts|bench)\/|^src\/.*\.ts$/.test(path));
  check('the package has nothing else', stray.length === 0, stray.join('\n'));

  await npm([
    'install',
    '--global',
    '--prefix',
    join(scratch, 'prefix'),
    '--omit=dev',
    '--no-audit',
    '--no-fund',
    join(scratch, filename),
  ]);
  return join(scratch, 'prefix/bin');
}

async function answersAtOnce(bin: string): Promise<void> {
  const {version} = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  expect(await run(bin, ['--version']), {code: 0, stdout: new RegExp(`^kops/${version} `), stderr: /^$/});
  expect(await run(bin, ['rollout', 'status', '--help']), {code: 0, stdout: /\$ kops rollout status /, stderr: /^$/});
  const plugin = await start(join(bin, 'kubectl-kops'), ['rollout', 'status', '--help'], {cwd: scratch}).ended;
  expect(plugin, {code: 0, stdout: /\$ kubectl kops rollout status /, stderr: /^$/});
}

async function explainsItself(bin: string): Promise<void> {
  const threeLines = (first: RegExp) => new RegExp(`^✗ ${first.source}\\n  .+\\n  .+\\n$`);
  expect(await run(bin, ['rollout', 'status', 'deploy/web']), {
    code: 5,
    stdout: /^$/,
    stderr: threeLines(/there is no cluster to talk to/),
  });
  expect(await run(bin, ['secret', 'decod', 'db']), {
    code: 2,
    stdout: /^$/,
    stderr: threeLines(/unknown command: kops secret decod/),
  });
}

async function worksOnALab(bin: string): Promise<void> {
  try {
    expect(await run(bin, ['lab', 'up', '--driver', 'embedded', '--name', lab, '--kubeconfig', kubeconfig]), {code: 0});
    await connectApi(kubeconfig).apply('default', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {name: 'db'},
      stringData: {username: 'admin'},
    } as object);
    expect(await run(bin, ['secret', 'decode', 'db', '-o', 'json']), {code: 0, stdout: /"username": "admin"/});
  } finally {
    expect(await run(bin, ['lab', 'down', '--name', lab, '--ignore-not-found', '--kubeconfig', kubeconfig]), {code: 0});
  }
}

/** In a folder of its own, so that nothing of the repository is found by accident. */
async function run(bin: string, args: readonly string[]): Promise<Result & {words: string}> {
  const result = await start(join(bin, 'kops'), args, {cwd: scratch, env: {KUBECONFIG: kubeconfig}}).ended;
  return {...result, words: args.join(' ')};
}

function expect(result: Result & {words?: string}, wanted: {code: number; stdout?: RegExp; stderr?: RegExp}): void {
  const {code, stdout, stderr} = result;
  const matches = code === wanted.code && (wanted.stdout?.test(stdout) ?? true) && (wanted.stderr?.test(stderr) ?? true);
  check(`kops ${result.words ?? ''}`, matches, `exit code ${code}\n${stdout}\n${stderr}`);
}

function check(what: string, isSo: boolean, found: string): void {
  if (!isSo) throw new Error(`smoke: ${what}: not so, but\n${found}`);
}

function npm(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('npm', [...args, '--loglevel=error'], {cwd: root}, (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });
}
