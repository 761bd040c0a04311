import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {type Field, judgeValue} from '../../../src/config/lint/value.ts';

const encoded = (text: string | Buffer) => Buffer.from(text).toString('base64');
const ruleOf = (field: Field, key: string, value: unknown) => judgeValue(field, key, value)?.rule;

describe('under data', () => {
  test.each([
    ['a word', 'DB_HOST', 'mysql', 'plaintext-in-data'],
    ['a word that is base64 by chance', 'DB_User', 'root', 'plaintext-in-data'],
    ['a password', 'DB_Password', 'p@ssw0rd', 'plaintext-in-data'],
    ['a sentence', 'motd', 'hello world', 'plaintext-in-data'],
    ['a number', 'port', 8080, 'not-a-string'],
    ['base64 without its padding', 'token', 'QUJDREVGR0hJSktMTU5PUFE', 'invalid-base64'],
    ['base64 of base64', 'password', encoded(encoded('s3cr3t-p')), 'encoded-twice'],
    ['what echo encodes', 'password', encoded('s3cr3t\n'), 'trailing-newline'],
    ['a file, which ends with a newline', 'app.conf', encoded('a=1\n'), undefined],
    ['several lines', 'conf', encoded('a=1\nb=2\n'), undefined],
    ['JSON of one line', 'credentials', encoded('{"type":"service_account"}\n'), undefined],
    ['a public key of ssh', 'authorized', encoded('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB jane@laptop\n'), undefined],
    ['a host that ssh knows', 'hosts', encoded('git.example ssh-rsa AAAAB3NzaC1yc2E\n'), undefined],
    ['a user of htpasswd', 'auth', encoded('jane:$apr1$x$y\n'), undefined],
    ['a line of a configuration', 'conf', encoded('log_level: debug\n'), undefined],
    ['a connection string', 'dsn', encoded('postgres://u:p@db/shop\n'), 'trailing-newline'],
    ['a passphrase', 'passphrase', encoded('correct horse battery\n'), 'trailing-newline'],
    ['a placeholder', 'password', encoded('changeme'), 'placeholder'],
    ['a placeholder that is not encoded', 'password', '<base64 of the password>', 'placeholder'],
    ['logins of a registry that are no JSON', '.dockerconfigjson', encoded('auths: {}'), 'invalid-json'],
    ['logins of a registry', '.dockerconfigjson', encoded('{"auths":{}}'), undefined],
    ['random bytes', 'key', encoded(Buffer.from('00ff10fe20fd30fc', 'hex')), undefined],
    ['base64 in lines of 76', 'key', `${'A'.repeat(76)}\nAAAA\n`, undefined],
    ['nothing', 'password', '', undefined],
    ['nothing at all', 'password', null, undefined],
    ['a key with a blank', 'my key', encoded('x'), 'invalid-key'],
    ['a key that leads out of a folder', '..', encoded('x'), 'invalid-key'],
  ])('%s', (_case, key, value, rule) => {
    expect(ruleOf('data', key, value)).toBe(rule);
  });
});

describe('under stringData', () => {
  test.each([
    ['a password', 'password', 'p@ssw0rd', undefined],
    ['a word', 'user', 'root', undefined],
    ['a number', 'port', 8080, 'not-a-string'],
    ['base64, which is not decoded there', 'password', encoded('s3cr3t-p'), 'encoded-twice'],
    ['a block with its newline', 'password', 's3cr3t\n', 'trailing-newline'],
  ])('%s', (_case, key, value, rule) => {
    expect(ruleOf('stringData', key, value)).toBe(rule);
  });
});

test.each([
  'changeme',
  'CHANGE_ME',
  'change-me!',
  'TODO',
  'todo: ask Jane',
  '<password>',
  'xxxx',
  '***',
  `\${PASSWORD}`,
  'your-password',
  'REPLACE ME',
  'tbd',
])('%s is a placeholder', (value) => {
  expect(ruleOf('stringData', 'password', value)).toBe('placeholder');
});
test.each(['todos', 'my-token-7f3a', 'x', '<a> and <b>', 'tb'])('%s is none', (value) => {
  expect(ruleOf('stringData', 'password', value)).toBeUndefined();
});

test.each([
  [{a: 1}, 'password is a mapping, where the API takes text'],
  [[1], 'password is a list, where the API takes text'],
  [8080, 'password is a number, where the API takes text'],
  [true, 'password is a truth value, where the API takes text'],
])('%j is no text', (value, message) => {
  expect(judgeValue('data', 'password', value)?.message).toBe(message);
});

test('whatever is encoded once, on one line, is fine', () => {
  fc.assert(
    fc.property(fc.string({unit: 'grapheme'}), (text) => {
      expect(ruleOf('data', 'key', encoded(`it is ${text}!`.replaceAll('\0', '')))).toBeUndefined();
    }),
  );
});

test('what is said of a value does not quote it', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^q[a-z0-9@]{7,20}$/), (text) => {
      expect(JSON.stringify([judgeValue('data', 'key', text), judgeValue('data', 'key', encoded(`${text}\n`))])).not.toContain(
        text,
      );
    }),
  );
});
