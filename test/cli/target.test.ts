import {mkdtemp, rm, truncate, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {targetOf} from '../../src/cli/rollout.ts';

const never = new AbortController().signal;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kops-target-'));
  await writeFile(join(folder, 'app.yaml'), 'kind: Deployment\nmetadata: {name: web}\n');
});
afterAll(() => rm(folder, {recursive: true}));

test.each([
  ['names', {workload: ['deploy/web', 'sts/db']}, {}, {refs: ['Deployment shop/web', 'StatefulSet shop/db']}],
  ['a manifest', {}, {filename: 'app.yaml'}, {refs: ['Deployment shop/web']}],
  ['a selector', {}, {selector: 'app=web'}, {query: {namespace: 'shop', labelSelector: 'app=web'}}],
  ['all namespaces', {}, {'all-namespaces': true}, {query: {namespace: undefined, labelSelector: undefined}}],
  ['nothing: the namespace', {}, {}, {query: {namespace: 'shop', labelSelector: undefined}}],
] as const)('workloads come from %s', async (_case, args, flags, expected) => {
  const filename = 'filename' in flags ? {filename: join(folder, flags.filename)} : {};
  const target = (await targetOf(args, {...flags, ...filename}, never))('shop');
  expect('refs' in target ? {refs: target.refs.map((ref) => `${ref.kind} ${ref.namespace}/${ref.name}`)} : target).toEqual(
    expected,
  );
});

test.each([
  ['names and a selector', {workload: ['deploy/web']}, {selector: 'a=b'}, 'deploy/web cannot be combined with --selector'],
  [
    'names and all namespaces',
    {workload: ['deploy/web']},
    {'all-namespaces': true},
    'deploy/web cannot be combined with --all-namespaces',
  ],
  ['a manifest and a selector', {}, {filename: 'x', selector: 'a=b'}, '--filename cannot be combined with --selector'],
  ['a kind that there is not', {workload: ['pod/x']}, {}, 'unknown kind of workload: pod'],
  ['a manifest that is not there', {}, {filename: '/nowhere/app.yaml'}, '/nowhere/app.yaml cannot be read'],
] as const)('%s is a usage error', async (_case, args, flags, message) => {
  await expect(targetOf(args, flags, never)).rejects.toMatchObject({message, exitCode: 2});
});

test('a manifest of a size that nobody means is not read to its end', async () => {
  const filename = join(folder, 'huge.yaml');
  await writeFile(filename, '');
  await truncate(filename, 64 * 1024 ** 2 + 1); // takes no room on the disk
  await expect(targetOf({}, {filename}, never)).rejects.toMatchObject({message: `${filename} is too large`, exitCode: 2});
});
