import {expect, test} from 'vitest';
import {type Given, valueSource} from '../../../src/config/change/source.ts';

const secret = {kind: 'Secret', name: 'db'} as const;
const configMap = {kind: 'ConfigMap', name: 'app'} as const;
const key = 'k';

test.each([
  ['a pipe', secret, {}, false, {via: 'stdin', key}],
  ['a question on a terminal', secret, {}, true, {via: 'prompt', key}],
  ['a question that is asked for', secret, {prompt: true}, false, {via: 'prompt', key}],
  ['no question for a ConfigMap', configMap, {}, true, {via: 'stdin', key}],
  ['an argument', configMap, {value: ''}, true, {via: 'literal', key, value: ''}],
  ['a file', secret, {'from-file': 'a,b=c'}, true, {via: 'file', key, path: 'a,b=c'}],
  ['random bytes', secret, {random: '16'}, true, {via: 'random', key, bytes: 16}],
] as const)('the value comes from %s', (_case, target, given, isTerminal, source) => {
  expect(valueSource(target, {key, ...given}, isTerminal)).toEqual(source);
});

test.each<[string, Given, string]>([
  ["a Secret's value as an argument", {key, value: 's3cr3t'}, 'a Secret takes no value as an argument'],
  ['two values', {key, prompt: true, 'from-literal': 's3cr3t'}, '--prompt cannot be combined with --from-literal'],
  ['an invalid key', {key: 'a/b'}, '"a/b" cannot be a key'],
  ['too few random bytes', {key, random: '2'}, '--random k=2 cannot be made'],
])('%s is refused, and no value is quoted', (_case, given, message) => {
  const refusal = () => valueSource(secret, given, false);
  expect(refusal).toThrow(expect.objectContaining({message, exitCode: 2}));
  expect(refusal).not.toThrow(/s3cr3t/);
});
