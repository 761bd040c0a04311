import {expect, test} from 'vitest';
import {editCommands, setCommands, unsetCommands} from '../../../src/config/change/kubectl.ts';

const scope = {namespace: 'shop'};
const secret = {kind: 'Secret', name: 'db'} as const;
const configMap = {kind: 'ConfigMap', name: 'app'} as const;

const send = (what: string) => `kubectl patch ${what} --type=merge --patch-file=/dev/stdin -n shop`;
const encoded = (read: string) => `printf '{"data":{"k":"%s"}}' "$(${read} | base64 | tr -d '\\n')" | ${send('secret/db')}`;
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
    `cat 'a b' | jq -Rs '{data: {"k": .}}' | ${send('configmap/app')}`,
  ],
  ['a pipe into a Secret', secret, {via: 'stdin', key: 'k'}, encoded('cat')],
  [
    'a literal of a Secret, which is asked for instead of printed',
    secret,
    {via: 'literal', key: 'k', value: 's3cr3t'},
    encoded(`{ IFS= read -rsp 'k: ' value </dev/tty; printf %s "$value"; }`),
  ],
  [
    'random bytes',
    secret,
    {via: 'random', key: 'k', bytes: 16},
    encoded(`head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\\n'`),
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
