import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {dockerConfigJson} from '../../../src/config/create/docker-config.ts';
import type {Entry} from '../../../src/config/create/keys.ts';
import {buildObject} from '../../../src/config/create/object.ts';
import {checkSsh, checkTls, DOCKER_CONFIG_KEY, registryWarnings} from '../../../src/config/create/secret-types.ts';

const pem = (file: string) => readFileSync(new URL(`../../fixtures/create/pem/${file}`, import.meta.url));
const entry = (key: string, value: string | Buffer, origin = `${key}.file`): Entry => ({key, value: Buffer.from(value), origin});
const tls = (certificate: string | Buffer, key: string | Buffer) =>
  checkTls([entry('tls.crt', certificate, 'web.crt'), entry('tls.key', key, 'web.key')]);

test.each([
  ['the key of another', pem('ec.crt'), pem('rsa.key'), 'web.key is not the private key of web.crt', /subject: CN=ec.test/],
  [
    'a chain of which the first is another',
    pem('chain.crt'),
    pem('rsa.key'),
    'web.key is not the private key of web.crt',
    /ec\.test/,
  ],
  ['a locked key', pem('rsa.crt'), pem('locked.key'), 'the key in web.key is locked with a passphrase', /nothing in the cluster/],
  ['the two swapped', pem('rsa.key'), pem('rsa.crt'), 'web.crt is not a certificate in PEM', /it holds RSA PRIVATE KEY/],
  ['no PEM', 'hunter2', pem('rsa.key'), 'web.crt is not a certificate in PEM', /no line of it is/],
  ['a certificate for a key', pem('rsa.crt'), pem('rsa.crt'), 'web.key is not a private key in PEM', /it holds CERTIFICATE/],
  [
    'a damaged certificate',
    pem('rsa.crt').toString().replace('\nMII', '\nMIX'),
    pem('rsa.key'),
    'web.crt holds a certificate that cannot be read',
    /damaged/,
  ],
  [
    'a damaged key',
    pem('rsa.crt'),
    pem('rsa.key')
      .toString()
      .replace(/\nMII.*\n/, '\n'),
    'web.key holds a private key that cannot be read',
    /damaged/,
  ],
])('of a certificate and a key, %s is refused', (_case, certificate, key, message, why) => {
  const problem = (() => {
    try {
      return tls(certificate, key);
    } catch (error) {
      return error;
    }
  })();
  expect(problem).toMatchObject({message, why: expect.stringMatching(why), next: expect.any(String), exitCode: 2});
  expect(JSON.stringify(problem)).not.toContain('hunter2');
});

test.each(['rsa', 'ec', 'ed25519'])('a pair of %s is one', (name) => {
  expect(tls(pem(`${name}.crt`), pem(`${name}.key`))).toEqual([]);
});

test.each([
  [{type: 'kubernetes.io/tls'}, [entry('tls.crt', 'x')], 'needs the key tls.key'],
  [{type: 'kubernetes.io/basic-auth'}, [], 'needs the key username or password'],
  [{type: 'kubernetes.io/basic-auth'}, [entry('password', '')], undefined],
  [{type: 'kubernetes.io/ssh-auth'}, [], 'needs the key ssh-privatekey'],
  [{type: 'kubernetes.io/dockerconfigjson'}, [], 'needs the key .dockerconfigjson'],
  [{type: 'kubernetes.io/dockerconfigjson'}, [entry(DOCKER_CONFIG_KEY, '{"hunter2":')], '.dockerconfigjson is not a JSON object'],
  [{type: 'kubernetes.io/dockerconfigjson'}, [entry(DOCKER_CONFIG_KEY, '["hunter2"]')], '.dockerconfigjson is not a JSON object'],
  [{type: 'kubernetes.io/dockercfg'}, [entry('.dockercfg', 'hunter2')], '.dockercfg is not a JSON object'],
  [{type: 'kubernetes.io/service-account-token'}, [], 'names a ServiceAccount'],
  [{type: 'kubernetes.io/service-account-token', annotations: {'kubernetes.io/service-account.name': 'ci'}}, [], undefined],
  [{type: 'example.com/mine'}, [], undefined],
  [{}, [], undefined],
])('what the API server asks of %o is asked before: %#', (draft, entries, told) => {
  const build = () => buildObject({kind: 'Secret', name: 'app', ...draft}, entries);
  if (told === undefined) expect(build()).toMatchObject({kind: 'Secret'});
  else expect(build).toThrow(told);
  if (told !== undefined) expect(build).not.toThrow('hunter2');
});

test.each([
  ['{"auths":{"r.test":{"auth":"YTpi"}}}', []],
  ['{"auths":{"r.test":{"identitytoken":"x"}}}', []],
  ['{"auths":{"r.test":{}},"credsStore":"desktop"}', [expect.stringContaining('with a credential helper of this machine')]],
  ['{}', ['no registry in .dockerconfigjson has credentials; a kubelet cannot pull with it']],
])('a login that only this machine can use, %s, is worth a warning', (json, warnings) => {
  expect(registryWarnings([entry(DOCKER_CONFIG_KEY, json)])).toEqual(warnings);
});

test('a username with a colon would be read as another one', () => {
  expect(() => dockerConfigJson({server: 'r.test', username: 'a:b', password: 'c'})).toThrow('holds no ":"');
});

test('of SSH the private key is needed, and as ssh takes it', () => {
  const check = (value: string) => checkSsh([entry('ssh-privatekey', value, 'id.pub')]);
  const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----';
  expect(() => check('ssh-ed25519 AAAAC3Nz ci@example.com')).toThrow('id.pub is a public key');
  expect(check(`${key}\n`)).toEqual([]);
  expect(check(key)).toEqual([expect.stringContaining('does not end with a newline')]);
  expect(check(`${key}\n`.replaceAll('\n', '\r\n'))).toEqual([expect.stringContaining('carriage returns')]);
  expect(check('hunter2')).toEqual([expect.stringContaining('no private key in PEM')]);
});
