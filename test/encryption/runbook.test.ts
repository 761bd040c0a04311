import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {type EncryptionConfiguration, renderConfiguration} from '../../src/encryption/configuration/configuration.ts';
import {disableEncryption, enableEncryption} from '../../src/encryption/manifest/manifest.ts';
import {runbookOf} from '../../src/encryption/runbook.ts';
import {editsManifest, etcdctlOf, writesConfiguration} from '../../src/encryption/runbook-shell.ts';
import {ARCHIVE_FOLDER} from '../../src/encryption/transaction/record.ts';
import {digestOf} from '../../src/encryption/transaction/store.ts';
import {CONFIG, kubeadm, minimal} from '../support/api-server-manifests.ts';
import {draftOf as draft, kms, SOCKET} from '../support/drafts.ts';
import {secretboxWith} from '../support/servers.ts';
import {keyNamed} from '../support/stored.ts';

const options = {context: 'x', etcdPrefix: '/registry', unchanged: false, scope: {context: 'x'}};
const enabled = enableEncryption(kubeadm, CONFIG);
const own = secretboxWith(['a', 'identity']);

/** A shell that does what a person typed, and a file for it. */
function shell() {
  const home = mkdtempSync(join(tmpdir(), 'kops-runbook-'));
  onTestFinished(() => rmSync(home, {recursive: true}));
  mkdirSync(join(home, 'manifests'));
  const path = join(home, 'manifests/file.yaml');
  return {
    path,
    type: (lines: readonly string[], env: Record<string, string> = {}) =>
      execFileSync('sh', ['-c', lines.join('\n')], {
        env: {...process.env, ...env},
        encoding: 'utf8',
        stdio: 'pipe',
      }),
    write: (text: string) => writeFileSync(path, text),
    read: () => readFileSync(path, 'utf8'),
  };
}

describe('what is typed on a node', () => {
  test.each([
    ['turned on', kubeadm, enabled],
    ['turned on in a manifest on few lines', minimal, enableEncryption(minimal, CONFIG)],
    ['turned off', enabled, disableEncryption(enabled)],
    ['with a KMS', kubeadm, enableEncryption(kubeadm, CONFIG, [SOCKET])],
    ['all of it another', 'a\\b\n  c\nd\n', '  x\\\ny\n\nd\n'],
    ['the end cut off', 'a\nb\nc\n', 'a\n'],
  ])('makes the manifest that kops would: encryption %s', (_case, before, after) => {
    const {path, type, write, read} = shell();
    write(before);
    type(editsManifest(path, before, after, digestOf(Buffer.from(before))));
    expect(read()).toBe(after);
  });

  test('leaves a manifest alone that is no longer the one which the runbook is about', () => {
    const {path, type, write, read} = shell();
    write(`${kubeadm}# by hand\n`);
    expect(() => type(editsManifest(path, kubeadm, enabled, digestOf(Buffer.from(kubeadm))))).toThrow();
    expect(read()).toBe(`${kubeadm}# by hand\n`);
  });

  const rotated: EncryptionConfiguration = {
    rules: [
      {
        resources: ['secrets'],
        providers: [
          {type: 'secretbox', keys: [keyNamed('yes'), keyNamed('new')]},
          {type: 'aescbc', keys: [keyNamed("it's1$")]},
          {type: 'identity'},
        ],
      },
    ],
  };
  const [present = expect.unreachable()] = rotated.rules.map((rule) => ({
    rules: [{...rule, providers: rule.providers.map((p) => ('keys' in p ? {...p, keys: p.keys.slice(0, 1)} : p))}],
  }));

  test('writes the configuration that kops would, with the keys that are there and the new one, and shows none', () => {
    const {path, type, write, read} = shell();
    write(renderConfiguration(present));
    const lines = writesConfiguration(rotated, path, 'new');
    for (const {secret} of ['yes', 'new', "it's1$"].map(keyNamed)) expect(lines.join('\n')).not.toContain(secret);
    expect(type(lines, {KEY: keyNamed('new').secret})).toBe('');
    expect(read()).toBe(renderConfiguration(rotated));
    type(writesConfiguration(rotated, path, undefined));
    expect(read()).toBe(renderConfiguration(rotated));
  });

  test('writes none where it does not find a key, as in a file that somebody wrote on one line', () => {
    const {path, type, write, read} = shell();
    const file = JSON.stringify({kind: 'EncryptionConfiguration'});
    write(file);
    expect(() => type(writesConfiguration(rotated, path, 'new'), {KEY: 'x'})).toThrow();
    expect(read()).toBe(file);
  });
});

test.each([
  [
    'of the node itself is in a pod',
    {'etcd-servers': 'https://127.0.0.1:2379'},
    {words: expect.stringMatching(/^kubectl exec etcd-cp-1 -n kube-system --context x -- etcdctl --cacert=/), on: undefined},
  ],
  [
    'elsewhere is asked from the node, as its API server does',
    {
      'etcd-servers': 'https://10.0.0.9:2379',
      'etcd-cafile': '/pki/ca.crt',
      'etcd-certfile': '/pki/c.crt',
      'etcd-keyfile': '/pki/c.key',
    },
    {words: 'etcdctl --endpoints=https://10.0.0.9:2379 --cacert=/pki/ca.crt --cert=/pki/c.crt --key=/pki/c.key', on: ['cp-1']},
  ],
])('an etcd %s', (_case, flags, expected) => {
  expect(etcdctlOf('cp-1', new Map(Object.entries(flags)), {context: 'x'})).toEqual(expected);
});

describe('a setup with a KMS by hand', () => {
  test('asks for the plugin first, and mounts its folder beside that of the file', async () => {
    const {steps} = runbookOf(await draft('setup', kubeadm), options);
    expect(steps[1]).toEqual({
      title: 'The KMS plugin must run on every one of them: an API server is not ready without it',
      on: ['cp-1'],
      commands: [`test -S ${SOCKET}`],
    });
    const enabling = steps.find(({commands}) => commands.some((line) => line.includes('--encryption-provider-config=')));
    expect(enabling?.commands.filter((line) => line.includes('/run/kms'))).toHaveLength(2);
  });

  test('has no such thing where there is no KMS', async () => {
    const {steps} = runbookOf(await draft('setup', kubeadm, own), options);
    expect(JSON.stringify(steps)).not.toContain('kms');
  });
});

test.each<[string, string, boolean, string[]]>([
  ['where servers restart for the first file', kubeadm, false, ['The API server restarts', 'Only now may a server write']],
  ['where they read it while they run', enabled, false, ['Every server must be able to read', 'Only now may a server write']],
  [
    'also for the last one',
    enabled,
    true,
    ['Every server must be able', 'Only now may a server write', 'No longer read plaintext'],
  ],
])('by hand nobody goes on before each server says that it has the file: %s', async (_case, manifest, strict, titles) => {
  const {steps} = runbookOf(await draft('setup', manifest, own, strict), options);
  const checked = steps.filter(({commands}) => commands.some((line) => line.includes('last_config_info')));
  expect(checked.map(({title}) => title)).toEqual(titles.map((title) => expect.stringContaining(title)));
});

test.each([
  ['a key of the file', secretboxWith(['a']), 'keep the file for older snapshots'],
  ['a KMS', kms, 'keep the file, and the KMS, for older snapshots'],
])('the way back by hand tells what older snapshots need: %s', async (_case, configuration, words) => {
  const {steps} = runbookOf(await draft('disable', enabled, configuration), options);
  expect(steps.map(({title}) => title).join('\n')).toContain(words);
  // Where kops looks which names of keys were used before.
  expect(steps.at(-2)?.commands.at(-1)).toBe(
    `mkdir -p -m 700 ${ARCHIVE_FOLDER} && mv ${CONFIG} ${ARCHIVE_FOLDER}/$(date +%Y%m%d-%H%M%S).yaml`,
  );
});

test.each(['setup', 'disable'] as const)('%s by hand has no step that the change itself would not have', async (operation) => {
  const made = await draft(operation, operation === 'setup' ? kubeadm : enabled, own, true);
  const titles = (rewrite: boolean, snapshot?: string) => {
    const {steps} = runbookOf({...made, transaction: {...made.transaction, rewrite, snapshot}}, options);
    return steps.map(({title}) => title).join('\n');
  };
  const [whole, least] = [titles(true, '/root/before.db'), titles(false)];
  for (const title of ['Save etcd', 'Rewrite what is stored', 'Prove it in etcd']) {
    expect(whole).toContain(title);
    expect(least).not.toContain(title);
  }
  const end = operation === 'setup' ? 'No longer read plaintext' : 'no flags any more';
  expect([whole.includes(end), least.includes(end)]).toEqual([true, false]);
  expect(whole).toContain(operation === 'setup' ? 'drops the flags: there must be' : 'brings the flags back: take out');
  expect(least).toContain('drops the flags: there must be');
});

test('by hand each node asks its own API server, whatever its manifest says of the port', async () => {
  const made = await draft('setup', kubeadm, own);
  const servers = made.servers.map((server) => ({...server, api: {...server.api, server: 'https://10.0.0.1:7443/'}}));
  const [first] = runbookOf({...made, servers}, options).steps;
  expect(first).toMatchObject({
    on: ['cp-1'],
    commands: expect.arrayContaining([expect.stringContaining('--server https://10.0.0.1:7443 "$@"')]),
  });
});

test('where nothing is to be changed, only the proof is left', async () => {
  const {steps} = runbookOf(await draft('setup', enabled, own), {...options, unchanged: true});
  expect(steps.map(({title}) => title)).toEqual([expect.stringContaining('Prove it in etcd')]);
});
