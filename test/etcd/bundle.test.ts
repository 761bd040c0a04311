import {execFile} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {build} from 'esbuild';
import {expect, onTestFinished, test} from 'vitest';
import {MEMBER_ID, startFakeEtcd} from '../support/fake-etcd.ts';

const program = `
  import {openGrpc} from './src/etcd/grpc.ts';
  const {signal} = new AbortController();
  const etcd = await openGrpc({endpoints: [{url: process.argv[2]}]}, signal);
  const {value} = await etcd.get('/registry/a', signal);
  const [{id}] = await etcd.members(signal);
  console.log(JSON.stringify({id, value: value.toString()}));
  await etcd.close();`;

/** gRPC's packages are CommonJS, find each other at run time, and without `long` would round a member's ID. */
test('gRPC works in one bundle, far from node_modules', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kops-bundle-'));
  onTestFinished(() => rmSync(folder, {recursive: true}));
  const fake = await startFakeEtcd();
  onTestFinished(() => fake.stop());
  fake.put('/registry/a', 'value');
  const outfile = join(folder, 'program.mjs');
  await build({
    stdin: {contents: program, resolveDir: process.cwd(), loader: 'ts'},
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    banner: {js: "import {createRequire} from 'node:module'; const require = createRequire(import.meta.url);"},
    logLevel: 'silent',
  });
  const {stdout, stderr} = await promisify(execFile)(process.execPath, [outfile, fake.url], {cwd: folder});
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({id: MEMBER_ID, value: 'value'});
});
