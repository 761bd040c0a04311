import fc from 'fast-check';
import {expect, test} from 'vitest';
import {parseEnvFile} from '../../../src/config/create/env-lines.ts';

const read = (text: string | Buffer, environment = {}): Record<string, string> =>
  Object.fromEntries(parseEnvFile(Buffer.from(text), 'app.env', environment).map(({key, value}) => [key, value.toString()]));

const name = fc.stringMatching(/^[-_a-zA-Z][-._a-zA-Z0-9]{0,20}$/);
const value = fc
  .string({unit: 'grapheme'})
  .map((text) => text.replaceAll(/[\r\n]/g, ''))
  .filter((text) => !/\p{Cs}/u.test(text));

test('what is written NAME=VALUE is read back as it was, whatever it is and however lines end', () => {
  const variables = fc.dictionary(name, value, {noNullPrototype: true});
  fc.assert(
    fc.property(variables, fc.constantFrom('\n', '\r\n'), fc.boolean(), fc.boolean(), (all, feed, bom, final) => {
      const lines = Object.entries(all).map(([key, text]) => `${key}=${text}`);
      expect(read(`${bom ? '\uFEFF' : ''}${lines.join(feed)}${final ? feed : ''}`)).toEqual(all);
    }),
  );
});

test('comments and empty lines change nothing', () => {
  const noise = fc.constantFrom('', '   ', '# a comment', '\t# B=2', '#=');
  fc.assert(
    fc.property(fc.array(noise), (lines) => {
      expect(read([...lines, 'A=1', ...lines].join('\n'))).toEqual({A: '1'});
    }),
  );
});

test('a line of any length is read, and what follows it, too', () => {
  expect(Object.keys(read(`A=${'x'.repeat(70_000)}\nB=1`))).toEqual(['A', 'B']);
});

test('a name alone has its value from the environment', () => {
  expect(read('A\nB=1', {A: 'outside', B: 'not this'})).toEqual({A: 'outside', B: '1'});
});

const secret = 'hunter2';
test.each([
  ['a name that is not set', `A=1\n${secret}`, 'line 2 of app.env is a name without a value'],
  ['a name that only JavaScript knows', 'toString', 'line 1 of app.env is a name without a value'],
  ['export', `export A=${secret}`, 'leave out "export"'],
  ['a space before the sign', `A =${secret}`, 'no space is allowed'],
  ['no name', `=${secret}`, 'the name before "=" is missing'],
  ['a digit first', `1${secret}=x`, 'a name begins with a letter'],
  ['what a key of several lines looks like', `A=1\n${secret}+/=`, 'only letters, digits'],
  ['other bytes', Buffer.from(`A=1\nB=${secret}\xfc`, 'latin1'), 'line 2 of app.env is not UTF-8'],
])('%s is told by its line, without a word of it', (_case, text, told) => {
  const problem = (() => {
    try {
      return read(text);
    } catch (error) {
      return error as {message: string; why: string; next: string; exitCode: number};
    }
  })() as {message: string; why: string; next: string; exitCode: number};
  const all = [problem.message, problem.why, problem.next].join(' | ');
  expect(all).toContain(told);
  expect(all).not.toContain(secret);
  expect(problem.exitCode).toBe(2);
});
