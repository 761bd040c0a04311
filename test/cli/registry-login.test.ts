import {expect, test} from 'vitest';
import {localInputs} from '../../src/cli/local-inputs.ts';
import {registryLogin} from '../../src/cli/registry-login.ts';

const inputs = {
  ...localInputs(new AbortController().signal),
  stdin: async () => Buffer.from('hunter2\r\n'),
  ask: async () => 'typed',
};
const passwordOf = async (flags: Parameters<typeof registryLogin>[0]) => {
  const [entry] = (await registryLogin({'docker-username': 'ci', ...flags})?.(inputs)) ?? [];
  return JSON.parse(entry?.value.toString() ?? '{}').auths['https://index.docker.io/v1/'].password;
};

test('the password is the one that is given, or piped in less its newline, or asked for', async () => {
  expect(await passwordOf({'docker-password': 'given'})).toBe('given');
  expect(await passwordOf({'docker-password-stdin': true})).toBe('hunter2');
  expect(await passwordOf({})).toBe('typed');
});

test('a file or standard input with the whole login needs no flags', () => {
  expect(registryLogin({'from-file': ['config.json']})).toBeUndefined();
  expect(registryLogin({'from-stdin': '.dockerconfigjson'})).toBeUndefined();
});

test.each([
  ['', 'it is empty'],
  ['\n', 'it is empty'],
  [Buffer.from([0xff]), 'it is not text, or too long'],
  ['x'.repeat(70_000), 'it is not text, or too long'],
])('what is piped in is a password: %#', async (piped, why) => {
  const login = registryLogin({'docker-username': 'ci', 'docker-password-stdin': true});
  await expect(login?.({...inputs, stdin: async () => Buffer.from(piped)})).rejects.toMatchObject({why, exitCode: 2});
});

test.each([
  [{}, 'nothing says how to log in'],
  [{'docker-server': 'r.test'}, '--docker-username is missing'],
  [{'docker-username': 'ci', 'from-file': ['f']}, '--docker-username cannot be combined with --from-file'],
  [{'docker-username': 'ci', prompt: ['x']}, '--docker-username cannot be combined with --prompt'],
  [
    {'docker-username': 'ci', 'docker-password': 'hunter2', 'docker-password-stdin': true},
    '--docker-password cannot be combined with --docker-password-stdin',
  ],
])('%o is no login', (flags, message) => {
  expect(() => registryLogin(flags)).toThrow(expect.objectContaining({message, exitCode: 2, next: expect.any(String)}));
});
