import {expect, test} from 'vitest';
import {bearer} from '../../../src/kube/credentials/credential.ts';
import {explainRefusal} from '../../../src/kube/credentials/refusal.ts';
import {createAuthority} from '../../../src/lab/embedded/certificates.ts';

const now = Date.parse('2026-11-23T10:00:00Z');
const jwt = (exp: number) => `head.${Buffer.from(JSON.stringify({sub: 'jane', exp})).toString('base64url')}.signature`;

test.each([
  ['no credential', {}, 'the kubeconfig gives this context no credentials'],
  ['an opaque token', bearer('hush'), 'the token was refused: it may have been revoked, or be meant for another cluster'],
  ['a token that expired', bearer(jwt(now / 1000 - 600)), 'the token expired 10m ago'],
  [
    'a token that holds',
    bearer(jwt(now / 1000 + 600)),
    'the token was refused: it may have been revoked, or be meant for another cluster',
  ],
  ['a password', {authorization: 'Basic aHVzaA=='}, 'the user name or the password was refused'],
])('why %s was refused', (_case, headers, why) => {
  expect(explainRefusal({headers}, now)).toBe(why);
});

test('a client certificate tells whether it expired', async () => {
  const users = await createAuthority('users', now);
  const {certificate: cert, key} = await users.issue({commonName: 'jane', usages: ['client']});
  const year = 365.25 * 86_400_000;
  expect(explainRefusal({headers: {}, certificate: {cert, key}}, now)).toMatch(/^the client certificate was refused: /);
  expect(explainRefusal({headers: {}, certificate: {cert, key}}, now + 12.5 * year)).toBe(
    'the client certificate expired 2y ago',
  );
});
