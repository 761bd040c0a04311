import {expect, test} from 'vitest';
import type {ServerStatus} from '../../../src/encryption/server-status.ts';
import type {EncryptionStatus} from '../../../src/encryption/status.ts';
import {renderStatus} from '../../../src/encryption/view/status.ts';
import {createTheme} from '../../../src/text/screen.ts';

const NOW = Date.parse('2026-11-23T15:00:00Z');
const screen = {theme: createTheme(false), width: 80, now: NOW};
const FILE = '/etc/kubernetes/enc/encryption.yaml';
const HASH = `sha256:${'ab12cd34'.repeat(8)}`;

const server = (node: string, more: Partial<ServerStatus> = {}): ServerStatus => ({
  node,
  access: 'docker',
  configured: true,
  flag: FILE,
  file: FILE,
  automaticReload: true,
  provider: 'secretbox',
  keyName: 'key1',
  configHash: HASH,
  runningHash: HASH,
  agrees: true,
  problem: null,
  ...more,
});
const plain = {
  configured: false,
  flag: null,
  file: null,
  provider: 'identity',
  keyName: null,
  configHash: null,
  runningHash: null,
};

const render = (servers: readonly ServerStatus[], more: Partial<EncryptionStatus> = {}): string =>
  renderStatus(
    {
      kind: 'EncryptionStatus',
      context: 'kind-kops',
      configured: true,
      agrees: true,
      servers,
      objects: [{resource: 'secrets', total: 214, byKey: {'k8s:enc:secretbox:v1:key1:': 214}, leftPlain: 0}],
      objectsProblem: null,
      transaction: null,
      next: null,
      ...more,
    },
    screen,
  );

test('all servers encrypt alike', () => {
  expect(render([server('cp-1'), server('cp-22')])).toMatchInlineSnapshot(`
    "✓ Secrets are encrypted at rest; all 2 API servers do what their files say
      kind-kops
      ● cp-1   secretbox, key key1
        /etc/kubernetes/enc/encryption.yaml  ab12cd34  by docker
      ● cp-22  secretbox, key key1
        /etc/kubernetes/enc/encryption.yaml  ab12cd34  by docker

      secrets  214  secretbox, key key1"
  `);
});

test('nothing is configured', () => {
  const objects = [{resource: 'secrets', total: 2, byKey: {identity: 2}, leftPlain: 0}];
  expect(
    render([server('cp-1', plain)], {configured: false, objects, next: 'kops encrypt-at-rest setup'}),
  ).toMatchInlineSnapshot(`
    "○ encryption at rest is not configured  kind-kops
      ● cp-1  plaintext  no --encryption-provider-config  by docker

      secrets  2  plaintext
      try: kops encrypt-at-rest setup"
  `);
});

test('a server has not read its file, another lacks it, a third is out of reach, etcd cannot be read', () => {
  const servers = [
    server('cp-1', {runningHash: 'sha256:99887766', agrees: false, problem: 'it has not read its file yet'}),
    server('cp-2', {configHash: null, provider: null, agrees: false, problem: 'cp-2 has no encryption configuration'}),
    server('cp-3', {access: null, agrees: null, problem: 'no way to the node cp-3: ssh: refused'}),
  ];
  const text = render(servers, {
    agrees: false,
    objects: [],
    objectsProblem: 'cannot read etcd: refused',
    next: 'kops encrypt-at-rest sync cp-2',
  });
  expect(text).toMatchInlineSnapshot(`
    "✗ 2 of 3 API servers disagree  kind-kops
      ● cp-1  secretbox, key key1
        /etc/kubernetes/enc/encryption.yaml  ab12cd34 ≠ 99887766  by docker
        it has not read its file yet
      ● cp-2  unknown  /etc/kubernetes/enc/encryption.yaml  by docker
        cp-2 has no encryption configuration
      ○ cp-3  not reached
        no way to the node cp-3: ssh: refused

      ⚠ etcd was not looked into: cannot read etcd: refused
      try: kops encrypt-at-rest sync cp-2"
  `);
});

test('a change is open, and a Secret is asked for', () => {
  const text = render([server('cp-1')], {
    transaction: {
      id: '20261123-143012-3f9c',
      operation: 'rotate',
      startedAt: '2026-11-23T14:30:12Z',
      startedBy: 'jane@laptop',
      lastStep: 'read on cp-1',
      lastState: 'done',
      runningBy: null,
      nodes: ['cp-1'],
    },
    secret: {
      namespace: 'shop',
      name: 'db',
      nodes: [
        {
          node: 'worker-1',
          pods: [
            {name: 'web-1', via: ['volume certs', 'env PW of container app']},
            {name: 'web-2', via: ['imagePullSecrets']},
          ],
        },
      ],
    },
    next: 'kops encrypt-at-rest resume, or back: kops encrypt-at-rest abort',
  });
  expect(text).toMatchInlineSnapshot(`
    "… a change of the encryption is not finished  kind-kops
      ● cp-1  secretbox, key key1
        /etc/kubernetes/enc/encryption.yaml  ab12cd34  by docker
      … rotate 20261123-143012-3f9c is open, begun 29m ago by jane@laptop
        last step: read on cp-1, done

      secrets  214  secretbox, key key1

    secret/db  shop  in memory of every API server, and of the kubelet on 1 node
      worker-1  pod/web-1  volume certs, env PW of container app
      worker-1  pod/web-2  imagePullSecrets
      try: kops encrypt-at-rest resume, or back: kops encrypt-at-rest abort"
  `);
});

test('a configuration that writes plaintext is no encryption', () => {
  const [first] = render([server('cp-1', {provider: 'identity', keyName: null})]).split('\n');
  expect(first).toBe('⚠ new Secrets are written as plaintext: the configuration says so  kind-kops');
});

test('a change is running, so that its server is away for a moment', () => {
  const since = '2026-11-23T14:58:00Z';
  const transaction = {
    id: '20261123-145800-3f9c',
    operation: 'setup' as const,
    startedAt: since,
    startedBy: 'jane@laptop',
    lastStep: 'enable on cp-1',
    lastState: 'begun',
    runningBy: {user: 'jane', host: 'laptop', pid: 4711, since, silent: 3},
    nodes: ['cp-1'],
  };
  const away = server('cp-1', {...plain, agrees: null, problem: 'the API server does not answer: refused'});
  expect(render([away], {transaction, configured: false, objects: []})).toMatchInlineSnapshot(`
    "… a change of the encryption is running now  kind-kops
      ○ cp-1  plaintext  no --encryption-provider-config  by docker
        the API server does not answer: refused
      … setup 20261123-145800-3f9c is running now
        by jane@laptop, process 4711, for 2m
        last step: enable on cp-1, begun
    "
  `);
  const [first] = render([away], {configured: false}).split('\n');
  expect(first).toBe('? the API server could not be asked  kind-kops');
});

test('values that are left in plaintext are the headline, whatever the servers do', () => {
  const objects = [
    {resource: 'secrets', total: 3, byKey: {identity: 2, 'k8s:enc:secretbox:v1:key1:': 1}, leftPlain: 2},
    {resource: 'configmaps', total: 1, byKey: {identity: 1}, leftPlain: 1},
    {resource: 'leases.coordination.k8s.io', total: 4, byKey: {identity: 4}, leftPlain: 0},
  ];
  const text = render([server('cp-1'), server('cp-2')], {objects});
  expect(text.split('\n').slice(0, 3)).toEqual([
    '⚠ 2 secrets and 1 configmap still plaintext in etcd; new ones are encrypted, all',
    '  2 API servers do what their files say',
    '  kind-kops',
  ]);
});

test('of what nobody looked at it does not say that it is encrypted', () => {
  const [first] = render([server('cp-1')], {objects: [], objectsProblem: 'cannot read etcd: refused'}).split('\n');
  expect(first).toBe('✓ new Secrets are encrypted at rest; the API server does what its file says');
});
