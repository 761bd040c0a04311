import {expect, test} from 'vitest';
import {editCommands, setCommands, unsetCommands} from '../../../src/config/change/kubectl.ts';

const scope = {namespace: 'shop'};
const secret = {kind: 'Secret', name: 'db'} as const;
const configMap = {kind: 'ConfigMap', name: 'app'} as const;

const send = (what: string) => `kubectl patch ${what} --type=merge --patch-file=/dev/stdin -n shop`;
const patch = `printf '{"data":{"k":"%s"}}' "$(printf %s "$encoded" | tr -d '\\n')" | ${send('secret/db')}`;
test.each([
  [
    'a literal of a ConfigMap',
    configMap,
    {via: 'literal', key: 'k', value: "it's"},
    String.raw`kubectl patch configmap/app --type=merge -p '{"data":{"k":"it'\''s"}}' -n shop`,
  ],
  [
    'a file of a ConfigMap',
    configMap,
    {via: 'file', key: 'k', path: 'a b'},
    `(patch=$(jq -Rs '{data: {"k": .}}' <'a b') && printf %s "$patch" | ${send('configmap/app')})`,
  ],
  ['a file of a Secret', secret, {via: 'file', key: 'k', path: 'a'}, `(encoded=$(base64 <a) && ${patch})`],
  ['a pipe into a Secret', secret, {via: 'stdin', key: 'k'}, `(encoded=$(base64) && [ -n "$encoded" ] && ${patch})`],
  [
    'a literal of a Secret, which is asked for instead of printed',
    secret,
    {via: 'literal', key: 'k', value: 's3cr3t'},
    `(printf %s 'k: ' >/dev/tty && IFS= read -rs value1 </dev/tty && echo >/dev/tty && [ -n "$value1" ] && encoded=$(printf %s "$value1" | base64) && ${patch})`,
  ],
  [
    'an empty one, of which nothing is to be hidden',
    secret,
    {via: 'literal', key: 'k', value: ''},
    `kubectl patch secret/db --type=merge -p '{"data":{"k":""}}' -n shop`,
  ],
  [
    'random bytes',
    secret,
    {via: 'random', key: 'k', bytes: 16},
    `(encoded=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\\n' | base64) && ${patch})`,
  ],
] as const)('%s', (_case, target, source, line) => {
  expect(setCommands(target, {key: 'k', source}, scope)).toEqual([line]);
});

test('edit and unset', () => {
  expect(editCommands(secret, scope)).toEqual(['kubectl edit secret/db -n shop']);
  expect(unsetCommands(secret, ['a', '__proto__'], scope)).toEqual([
    `kubectl patch secret/db --type=merge -p '{"data":{"a":null,"__proto__":null}}' -n shop`,
  ]);
  expect(unsetCommands(configMap, ['a'], scope)).toEqual([
    `kubectl patch configmap/app --type=merge -p '{"data":{"a":null},"binaryData":{"a":null}}' -n shop`,
  ]);
});
