import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Container, PodSource} from '../../../src/config/container/source.ts';
import {compareEnv, type LiveEnv, parseEnviron, parseEnvLines} from '../../../src/config/env/compare.ts';
import {foundConfigMap, foundSecret} from '../../../src/config/env/data.ts';
import {resolveEnv} from '../../../src/config/env/resolve.ts';
import {mayHoldSecret} from '../../../src/config/env/wanted.ts';

const target = {kind: 'Pod', namespace: 'shop', name: 'web-1'} as const;
const configMaps = new Map([['web', foundConfigMap({data: {LEVEL: 'debug', NEW: 'x'}})]]);
const secrets = new Map([['db', foundSecret({stringData: {password: 's3cr3t'}})]]);

function compare(
  spec: Partial<Container>,
  started: Record<string, string>,
  main: Record<string, string> = started,
  reveal = false,
) {
  const container: Container = {name: 'web', ...spec};
  const source: PodSource = {target, metadata: {}, spec: {containers: [container]}};
  const env = resolveEnv(source, container, {configMaps, secrets, services: []});
  const live: LiveEnv = {started: new Map(Object.entries(started)), main: new Map(Object.entries(main)), via: '/proc/1/environ'};
  return compareEnv(env, live, {pod: 'web-1', mayHoldSecret: mayHoldSecret(container), reveal});
}
const told = (comparison: ReturnType<typeof compare>) =>
  comparison.differences.map(({name, state, expected, actual}) => [name, state, expected, actual]);

const web = {envFrom: [{configMapRef: {name: 'web'}}]};
const password = {name: 'PASSWORD', valueFrom: {secretKeyRef: {name: 'db', key: 'password'}}};

test.each<[string, Partial<Container>, Record<string, string>, Record<string, string> | undefined, unknown[]]>([
  ['nothing', web, {LEVEL: 'debug', NEW: 'x'}, undefined, []],
  ['a ConfigMap that changed', web, {LEVEL: 'info', NEW: 'x'}, undefined, [['LEVEL', 'stale', 'debug', 'info']]],
  ['a key that came', web, {LEVEL: 'debug'}, undefined, [['NEW', 'absent', 'x', undefined]]],
  [
    "the runtime's own",
    {},
    {HOME: '/root', HOSTNAME: 'web-1'},
    undefined,
    [
      ['HOME', 'extra', undefined, '/root'],
      ['HOSTNAME', 'extra', undefined, 'web-1'],
    ],
  ],
  [
    "the image's, whose value is not told: it may be a key that is gone",
    {},
    {VERSION: '1'},
    undefined,
    [['VERSION', 'extra', undefined, undefined]],
  ],
  ['what its program exports', {}, {}, {MADE: '1'}, [['MADE', 'program', undefined, undefined]]],
  [
    'what is not known beforehand',
    {env: [{name: 'IP', valueFrom: {fieldRef: {fieldPath: 'status.podIP'}}}]},
    {IP: '10.0.0.1'},
    undefined,
    [],
  ],
  ['a Secret that was rotated', {env: [password]}, {PASSWORD: '0ld'}, undefined, [['PASSWORD', 'stale', '••••••', undefined]]],
  [
    'a value made of one',
    {env: [password, {name: 'URL', value: 'u:$(PASSWORD)'}]},
    {PASSWORD: 's3cr3t', URL: 'u:0ld'},
    undefined,
    [['URL', 'stale', 'u:••••••', undefined]],
  ],
  [
    'a value made of one that is gone',
    {
      env: [
        {name: 'P', valueFrom: {secretKeyRef: {name: 'db', key: 'gone', optional: true}}},
        {name: 'URL', value: 'u:$(P)'},
      ],
    },
    {URL: 'u:0ld'},
    undefined,
    [['URL', 'stale', 'u:$(P)', undefined]],
  ],
  [
    "a ConfigMap's that an optional Secret covered",
    {...web, env: [{...password, name: 'LEVEL', valueFrom: {secretKeyRef: {name: 'db', key: 'gone', optional: true}}}]},
    {LEVEL: '0ld', NEW: 'x'},
    undefined,
    [['LEVEL', 'stale', 'debug', undefined]],
  ],
  [
    'any of envFrom where that has a Secret too',
    {envFrom: [...web.envFrom, {secretRef: {name: 'db'}}]},
    {LEVEL: '0ld', NEW: 'x', password: 's3cr3t'},
    undefined,
    [['LEVEL', 'stale', 'debug', undefined]],
  ],
])('%s', (_case, spec, started, main, differences) => {
  expect(told(compare(spec, started, main))).toEqual(differences);
});

test('who may see Secrets sees all of it', () => {
  expect(told(compare({env: [password]}, {PASSWORD: '0ld', VERSION: '1'}, undefined, true))).toEqual([
    ['PASSWORD', 'stale', 's3cr3t', '0ld'],
    ['VERSION', 'extra', undefined, '1'],
  ]);
});

test('a Secret never shows, whatever the container has', () => {
  const value = fc.constantFrom('s3cr3t', 'x-s3cr3t-y', 'info', '');
  const live = fc.dictionary(fc.constantFrom('LEVEL', 'NEW', 'PASSWORD', 'HOME', 'OTHER', 'URL'), value);
  fc.assert(
    fc.property(live, live, (started, main) => {
      const spec = {...web, env: [password, {name: 'URL', value: 'u:$(PASSWORD)'}]};
      expect(JSON.stringify(compare(spec, started, main))).not.toContain('s3cr3t');
    }),
  );
});

describe('what a process tells of its environment', () => {
  test('comes back, line feeds and equals signs too', () => {
    const environment = fc.dictionary(
      fc.stringMatching(/^[^=\0]+$/),
      fc.string().filter((text) => !text.includes('\0')),
    );
    fc.assert(
      fc.property(environment, (variables) => {
        const bytes = Buffer.from(
          Object.entries(variables)
            .map(([name, value]) => `${name}=${value}\0`)
            .join(''),
        );
        expect(Object.fromEntries(parseEnviron(bytes) ?? [])).toEqual({...variables});
      }),
    );
  });
  test('is nothing where the process wrote its title over it', () => {
    expect(parseEnviron(Buffer.from('nginx: master process\0\0\0'))).toBeUndefined();
  });
  test('by lines, what begins no variable goes on with the one before', () => {
    expect(Object.fromEntries(parseEnvLines('A=1\nB=first\n second\n\nC==\n'))).toEqual({A: '1', B: 'first\n second\n', C: '='});
  });
});
