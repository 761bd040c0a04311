import {expect, test} from 'vitest';
import type {EncryptionVerification} from '../../../src/encryption/verify.ts';
import {renderVerification} from '../../../src/encryption/view/verify.ts';
import {createTheme} from '../../../src/text/screen.ts';

const screen = {theme: createTheme(false), width: 80, now: 0};
const KEY1 = 'k8s:enc:secretbox:v1:key1:';

function render(counts: Readonly<Record<string, number>>, more: Partial<EncryptionVerification> = {}): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const plaintext = counts.identity ?? 0;
  const numbers = {encrypted: total - plaintext, plaintext, undecryptable: 0, unchecked: 0, byKey: counts};
  return renderVerification(
    {
      kind: 'EncryptionVerification',
      context: 'kind-kops',
      etcd: 'gRPC to https://172.18.0.2:2379',
      revision: 48211,
      configured: true,
      scanned: total,
      ...numbers,
      resources: [{resource: 'secrets', total, ...numbers, byKmsKey: {}, writes: [KEY1], stale: 0}],
      offenders: [],
      failures: [],
      keyless: [],
      notes: [],
      ok: plaintext === 0,
      next: null,
      ...more,
    },
    screen,
  );
}

test('all is encrypted', () => {
  expect(render({[KEY1]: 214})).toMatchInlineSnapshot(`
    "✓ all 214 values are encrypted in etcd, and the nodes have the keys for it
      kind-kops, gRPC to https://172.18.0.2:2379, revision 48211
      secrets  214  secretbox, key key1"
  `);
});

test('all is encrypted, and will not be for long', () => {
  const one = {total: 3, encrypted: 3, plaintext: 0, undecryptable: 0, unchecked: 0, byKey: {[KEY1]: 3}, byKmsKey: {}, stale: 0};
  expect(render({[KEY1]: 3}, {ok: false, resources: [{resource: 'secrets', ...one, writes: ['identity']}]})).toContain(
    '✗ all 3 values are encrypted in etcd, but secrets are written as plaintext now',
  );
});

test('some is plaintext, some does not open, some is under an older key', () => {
  const text = render(
    {[KEY1]: 200, 'k8s:enc:aescbc:v1:old:': 12, identity: 2},
    {
      ok: false,
      undecryptable: 1,
      offenders: ['/registry/secrets/shop/a', '/registry/secrets/shop/b', '/registry/secrets/shop/c'],
      failures: [{key: '/registry/secrets/shop/c', why: 'the aescbc key old does not open it'}],
      notes: ['12 secrets are not under the key that writes now'],
      next: 'kops encrypt-at-rest rewrite',
    },
  );
  expect(text).toMatchInlineSnapshot(`
    "✗ 2 of 214 values are plaintext in etcd, and 1 cannot be decrypted
      kind-kops, gRPC to https://172.18.0.2:2379, revision 48211
      secrets  200  secretbox, key key1
                12  aescbc, key old
                 2  plaintext
      /registry/secrets/shop/a
      /registry/secrets/shop/b
      /registry/secrets/shop/c  the aescbc key old does not open it
      ⚠ 12 secrets are not under the key that writes now
      try: kops encrypt-at-rest rewrite"
  `);
});

test('nothing is configured', () => {
  const next = 'kops encrypt-at-rest setup';
  expect(render({identity: 3}, {configured: false, ok: false, offenders: ['a', 'b', 'c'], next})).toMatchInlineSnapshot(`
    "✗ encryption at rest is not configured: all 3 values are plaintext in etcd
      kind-kops, gRPC to https://172.18.0.2:2379, revision 48211
      secrets  3  plaintext
      try: kops encrypt-at-rest setup"
  `);
});

test('of many offenders the first are named, and where the rest is', () => {
  const offenders = Array.from({length: 500}, (_, i) => `/registry/secrets/shop/s${i}`);
  const lines = render({identity: 500}, {offenders, ok: false}).split('\n');
  expect(lines).toHaveLength(14);
  expect(lines.at(-1)).toBe('  …and 490 more: -o json names them all');
});

test.each([
  ['one of one in plaintext', {identity: 1}, {}, '✗ the only value is plaintext in etcd'],
  ['one of more in plaintext', {[KEY1]: 3, identity: 1}, {}, '✗ 1 of 4 values is plaintext in etcd'],
  ['one of two that does not open', {[KEY1]: 2}, {undecryptable: 1, ok: false}, '✗ 1 of 2 values cannot be decrypted'],
  ['nothing there', {}, {}, '✓ nothing of that is in etcd'],
  ['nothing there and nothing configured', {}, {configured: false, ok: false}, '✗ encryption at rest is not configured'],
  ['what only a KMS opens', {'k8s:enc:kms:v2:vault:': 3}, {unchecked: 3}, '✓ all 3 values are encrypted in etcd'],
])('the verdict on %s', (_case, counts, more, verdict) => {
  expect(render(counts as Record<string, number>, more).split('\n')[0]).toBe(verdict);
});

test.each([
  ['one node', ['cp-2'], true, '⚠ all 2 values are encrypted in etcd, but cp-2 has no configuration to open them'],
  ['all nodes', ['cp-1', 'cp-2'], false, '✗ all 2 values are encrypted in etcd, but no node has a configuration to open them'],
])('%s without a configuration: that nodes have the keys is not claimed', (_case, keyless, ok, line) => {
  expect(render({[KEY1]: 2}, {keyless, ok}).split('\n')[0]).toBe(line);
});
