import type {V1PodSpec} from '@kubernetes/client-node';
import {describe, expect, test} from 'vitest';
import {shownText} from '../../../src/config/container/expand.ts';
import type {Container, PodSource} from '../../../src/config/container/source.ts';
import {foundConfigMap, foundSecret} from '../../../src/config/env/data.ts';
import {type ResolvedEnv, resolveEnv, type Surroundings} from '../../../src/config/env/resolve.ts';
import type {Json} from '../../../src/kube/json.ts';

const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');
const around: Surroundings = {
  configMaps: new Map([
    ['base', foundConfigMap({data: {LEVEL: 'info', REGION: 'eu'}, binaryData: {logo: base64('x')}})],
    ['web', foundConfigMap({data: {LEVEL: 'debug', 'a.b': 'dotted', '1x': 'digit'}})],
    ['gone', {state: 'missing'}],
    ['secluded', {state: 'unknown', why: 'you may not get configmaps'}],
  ]),
  secrets: new Map([
    [
      'db',
      foundSecret({
        data: {
          password: base64('s3cr3t'),
          LEVEL: base64('hidden'),
          nul: base64('a\0b'),
          latin: base64(Uint8Array.of(0xff, 0xe2, 0x82, 65)),
        },
      }),
    ],
    ['plain', foundSecret({data: {DB_HOST: 'mysql', DB_Password: 'p@ssw0rd'}, stringData: {token: 't'}})],
    ['gone', {state: 'missing'}],
  ]),
  services: [],
  kubelet: 'v1.37.2',
};

type Spec = Partial<Container>;
function resolve(
  container: Spec,
  more: Partial<Surroundings> = {},
  spec: Partial<Json<V1PodSpec>> = {},
  source: Partial<PodSource> = {},
) {
  const own: Container = {name: 'web', ...container};
  const target = {kind: 'Deployment', namespace: 'shop', name: 'web'} as const;
  return resolveEnv({target, metadata: {}, spec: {containers: [own], ...spec}, ...source}, own, {...around, ...more});
}
const values = ({variables}: ResolvedEnv) => Object.fromEntries(variables.map(({name, value}) => [name, shownText(value, true)]));
const warnings = ({variables}: ResolvedEnv) => variables.flatMap((variable) => variable.warnings);

const configMap = (name: string, more = {}) => ({configMapRef: {name, ...more}});
const secret = (name: string, more = {}) => ({secretRef: {name, ...more}});
const fromMap = (name: string, key: string, optional?: boolean) => ({configMapKeyRef: {name, key, ...(optional && {optional})}});
const fromSecret = (name: string, key: string, optional?: boolean) => ({secretKeyRef: {name, key, ...(optional && {optional})}});

test.each<[string, Spec, Record<string, string>]>([
  ['nothing', {}, {}],
  ['a literal', {env: [{name: 'A', value: '1'}]}, {A: '1'}],
  ['a name alone is an empty value', {env: [{name: 'A'}]}, {A: ''}],
  [
    'of two envFrom the later wins',
    {envFrom: [configMap('base'), configMap('web')]},
    {REGION: 'eu', '1x': 'digit', LEVEL: 'debug', 'a.b': 'dotted'},
  ],
  ['a prefix stands before every key', {envFrom: [{...configMap('base'), prefix: 'P_'}]}, {P_LEVEL: 'info', P_REGION: 'eu'}],
  ['env wins over envFrom', {envFrom: [configMap('base')], env: [{name: 'LEVEL', value: 'mine'}]}, {REGION: 'eu', LEVEL: 'mine'}],
  [
    'of two in env the later wins',
    {
      env: [
        {name: 'A', value: '1'},
        {name: 'A', value: '$(A)2'},
      ],
    },
    {A: '12'},
  ],
  ['an empty value covers too', {envFrom: [configMap('base')], env: [{name: 'LEVEL', value: ''}]}, {REGION: 'eu', LEVEL: ''}],
  [
    'a reference to envFrom',
    {envFrom: [configMap('base')], env: [{name: 'A', value: '<$(LEVEL)>'}]},
    {LEVEL: 'info', REGION: 'eu', A: '<info>'},
  ],
  [
    'what it stands for is not expanded again',
    {
      env: [
        {name: 'A', value: '$$(B)'},
        {name: 'C', value: '$(A)'},
      ],
    },
    {A: '$(B)', C: '$(B)'},
  ],
  [
    'a later one is not seen',
    {
      env: [
        {name: 'A', value: '$(B)'},
        {name: 'B', value: '1'},
      ],
    },
    {A: '$(B)', B: '1'},
  ],
  ['a key', {env: [{name: 'A', valueFrom: fromMap('web', 'a.b')}]}, {A: 'dotted'}],
  ['an optional key that is not there', {env: [{name: 'A', valueFrom: fromMap('web', 'nope', true)}]}, {}],
  [
    'an optional key that is not there leaves what envFrom gave',
    {envFrom: [configMap('base')], env: [{name: 'LEVEL', valueFrom: fromSecret('db', 'nope', true)}]},
    {LEVEL: 'info', REGION: 'eu'},
  ],
  ['optional objects that are not there', {envFrom: [configMap('gone', {optional: true}), secret('gone', {optional: true})]}, {}],
  ['bytes that are no UTF-8', {env: [{name: 'A', valueFrom: fromSecret('db', 'latin')}]}, {A: '\ufffd\ufffd\ufffdA'}],
  ['the text of a manifest', {env: [{name: 'A', valueFrom: fromSecret('plain', 'token')}]}, {A: 't'}],
])('%s', (_case, container, result) => {
  const env = resolve(container);
  expect(values(env)).toEqual(result);
  expect(Object.keys(values(env))).toEqual(Object.keys(result));
  expect(env.errors).toEqual([]);
});

test.each<[string, Spec, string, string | undefined]>([
  [
    'a ConfigMap that is not there',
    {envFrom: [configMap('gone')]},
    'it does not exist',
    'kubectl create configmap gone -n shop --from-literal=KEY=VALUE',
  ],
  [
    'a Secret that is not there',
    {env: [{name: 'A', valueFrom: fromSecret('gone', 'k')}]},
    'secret/gone does not exist',
    'kubectl create secret generic gone -n shop --from-literal=KEY=VALUE',
  ],
  [
    'a key that is not there',
    {env: [{name: 'A', valueFrom: fromMap('base', 'level')}]},
    'configmap/base has no key level',
    'it has LEVEL, REGION',
  ],
  [
    'a key of binaryData',
    {env: [{name: 'A', valueFrom: fromMap('base', 'logo')}]},
    'configmap/base has no key logo',
    'it is in binaryData, which no variable takes: put it into data',
  ],
  [
    'a NUL',
    {env: [{name: 'A', valueFrom: fromSecret('db', 'nul')}]},
    'its value holds a NUL byte, which no variable can',
    undefined,
  ],
  [
    'a Secret of a manifest with plain text in data',
    {env: [{name: 'A', valueFrom: fromSecret('plain', 'DB_Password')}]},
    'its value is not base64: the API server refuses that Secret',
    'encode it, or put plain text into stringData',
  ],
  [
    'a valueFrom without secretKeyRef',
    {env: [{name: 'DB_Password', valueFrom: {name: 'app-secret', key: 'DB_Password'} as object}]},
    'valueFrom names no kind of source',
    'put name and key below secretKeyRef or configMapKeyRef',
  ],
  [
    'what the API server makes of that',
    {env: [{name: 'A', valueFrom: {}}]},
    'valueFrom is empty: the API server refuses it',
    'give it a secretKeyRef, configMapKeyRef, fieldRef or resourceFieldRef',
  ],
  [
    'an envFrom of nothing',
    {envFrom: [{}]},
    'an entry of envFrom names no ConfigMap and no Secret',
    'name one: envFrom takes configMapRef or secretRef, each with a name',
  ],
  [
    'a field that no variable can have',
    {env: [{name: 'A', valueFrom: {fieldRef: {fieldPath: 'metadata.labels'}}}]},
    'no variable can have that field',
    undefined,
  ],
  [
    'a resource of another container',
    {env: [{name: 'A', valueFrom: {resourceFieldRef: {resource: 'limits.cpu', containerName: 'db'}}}]},
    'there is no container db',
    undefined,
  ],
])('%s keeps the container from starting', (_case, container, message, fix) => {
  expect(resolve(container).errors.map((error) => [error.message, error.fix])).toEqual([[message, fix]]);
});

test('all that is missing is told, where the kubelet stops at the first', () => {
  const env = [
    {name: 'A', valueFrom: fromSecret('db', 'nope')},
    {name: 'B', valueFrom: fromMap('gone', 'x')},
  ];
  expect(resolve({envFrom: [secret('gone')], env}).errors.map(({name}) => name)).toEqual([undefined, 'A', 'B']);
});

describe('what is covered', () => {
  test('is told, the latest first, and a service link too', () => {
    const service = {metadata: {name: 'level', namespace: 'shop'}, spec: {clusterIP: '10.0.0.1', ports: [{port: 80}]}};
    const env = resolve(
      {
        envFrom: [configMap('base'), secret('db')],
        env: [
          {name: 'LEVEL', value: 'mine'},
          {name: 'LEVEL_PORT', value: 'x'},
        ],
      },
      {services: [service]},
    );
    const found = (name: string) =>
      env.variables.find((variable) => variable.name === name)?.shadows.map(({source}) => source.object);
    expect([found('LEVEL'), found('LEVEL_PORT')]).toEqual([['secret/db', 'configmap/base'], ['service/level']]);
  });
});

test.each<[string, Spec, string[]]>([
  [
    'a later definition',
    {
      env: [
        {name: 'A', value: '$(B)'},
        {name: 'B', value: '1'},
      ],
    },
    ['B is defined later: stays literal'],
  ],
  ['no definition', {env: [{name: 'A', value: '$(NOPE)'}]}, ['nothing known defines NOPE: stays literal']],
  [
    "the image's own",
    {env: [{name: 'PATH', value: '$(PATH):/opt'}]},
    ["PATH is not defined before this: stays literal (the image's own variables do not count)"],
  ],
  [
    'syntax of a shell',
    {
      env: [
        {name: 'A', value: '1'},
        {name: 'B', value: 'x$A'},
      ],
    },
    ['no shell reads it: write $(A) for the value of A'],
  ],
  [
    'a dollar that is a dollar',
    {
      env: [
        {name: 'A', value: '1'},
        {name: 'B', value: 'pa$$A$word'},
      ],
    },
    [],
  ],
])('a warning about %s', (_case, container, result) => {
  expect(warnings(resolve(container))).toEqual(result);
});

describe('what nobody may look at', () => {
  test('is unknown, not missing, and what refers to it is unsure', () => {
    const env = resolve({
      envFrom: [configMap('secluded')],
      env: [
        {name: 'A', value: '$(X)'},
        {name: 'B', valueFrom: fromMap('secluded', 'k')},
      ],
    });
    expect(env.errors).toEqual([]);
    expect(env.unknown.map(({source, why}) => [source.object, why])).toEqual([
      ['configmap/secluded', 'you may not get configmaps'],
      ['configmap/secluded', 'you may not get configmaps'],
    ]);
    expect(values(env)).toEqual({A: '$(X)', B: '<configmap/secluded k>'});
    expect(warnings(env)).toEqual(['nothing known defines X: stays literal, unless what could not be looked at does']);
  });
});

describe('names', () => {
  const names = (kubelet: string | undefined) => {
    const {variables, skipped} = resolve({envFrom: [configMap('web')]}, {kubelet});
    return [variables.map(({name}) => name), skipped.map(({name}) => name)];
  };
  test.each([
    ['an old kubelet leaves some out', 'v1.31.4', [['LEVEL', 'a.b'], ['1x']]],
    ['a newer one takes them', 'v1.32.0', [['1x', 'LEVEL', 'a.b'], []]],
    ['where nobody knows, it is said', undefined, [['1x', 'LEVEL', 'a.b'], []]],
  ])('%s', (_case, kubelet, result) => {
    expect(names(kubelet)).toEqual(result);
  });
  test('what depends on the version has a warning where that is not known', () => {
    expect(warnings(resolve({envFrom: [configMap('web')]}, {kubelet: undefined}))).toEqual([
      'a kubelet before 1.32 leaves that name out',
    ]);
  });
  test('keys of binaryData are skipped', () => {
    expect(resolve({envFrom: [configMap('base')]}).skipped.map(({name}) => name)).toEqual(['logo']);
  });
});

describe('fields', () => {
  const pod = {
    metadata: {name: 'web-1', uid: 'u-1'},
    spec: {containers: []},
    status: {podIP: '10.1.1.1', podIPs: [{ip: '10.1.1.1'}, {ip: 'fd::1'}], hostIP: '10.0.0.1'},
  };
  const live = {target: {kind: 'Pod', namespace: 'shop', name: 'web-1'}, pod} as const;
  const field = (fieldPath: string, source: Partial<PodSource>) =>
    values(resolve({env: [{name: 'A', valueFrom: {fieldRef: {fieldPath}}}]}, {}, source.pod ? {nodeName: 'n1'} : {}, source)).A;
  test.each([
    ['metadata.namespace', 'shop', 'shop'],
    ['metadata.name', '<metadata.name>', 'web-1'],
    ['metadata.uid', '<metadata.uid>', 'u-1'],
    ['spec.nodeName', '<spec.nodeName>', 'n1'],
    ['spec.serviceAccountName', 'default', 'default'],
    ['status.podIP', '<status.podIP>', '10.1.1.1'],
    ['status.podIPs', '<status.podIPs>', '10.1.1.1,fd::1'],
    ['status.hostIP', '<status.hostIP>', '10.0.0.1'],
    ["metadata.labels['app']", 'web', 'web'],
    ["metadata.labels['nope']", '', ''],
    ["metadata.labels['pod-template-hash']", "<metadata.labels['pod-template-hash']>", ''],
    ["metadata.annotations['a/b']", 'c', 'c'],
  ])('%s of a template, and of a pod', (path, ofTemplate, ofPod) => {
    const metadata = {labels: {app: 'web'}, annotations: {'a/b': 'c'}};
    expect([field(path, {metadata}), field(path, {metadata, ...live})]).toEqual([ofTemplate, ofPod]);
  });

  test.each([
    [{serviceAccount: 'old'}, 'old'],
    [{serviceAccount: 'old', serviceAccountName: 'web'}, 'web'],
  ])('the service account of %j is as the API server would have it', (spec, name) => {
    const fieldPath = 'spec.serviceAccountName';
    expect(values(resolve({env: [{name: 'A', valueFrom: {fieldRef: {fieldPath}}}]}, {}, spec)).A).toBe(name);
  });
});

describe('resources', () => {
  const allocatable = {cpu: '3920m', memory: '7Gi', 'ephemeral-storage': '100Gi'};
  const resources = {limits: {cpu: '1500m', memory: '512Mi'}, requests: {cpu: '250m'}};
  test.each([
    ['limits.cpu', undefined, '2'],
    ['limits.cpu', '1m', '1500'],
    ['limits.cpu', '0', '2'],
    ['requests.cpu', undefined, '1'],
    ['requests.cpu', '1m', '250'],
    ['limits.memory', undefined, '536870912'],
    ['limits.memory', '1Mi', '512'],
    ['requests.memory', '1Gi', '1'],
    ['limits.ephemeral-storage', '1Gi', '100'],
    ['requests.ephemeral-storage', undefined, '0'],
  ])('%s by %s is %s', (resource, divisor, result) => {
    const valueFrom = {resourceFieldRef: {resource, ...(divisor && {divisor})}};
    expect(values(resolve({resources, env: [{name: 'A', valueFrom}]}, {allocatable}))).toEqual({A: result});
  });
  const limit = (more: Partial<Surroundings>, spec = {}) =>
    values(resolve({env: [{name: 'A', valueFrom: {resourceFieldRef: {resource: 'limits.cpu'}}}]}, more, spec)).A;
  test("without a limit: the pod's, else the node's, else nobody knows yet", () => {
    expect(limit({allocatable}, {resources: {limits: {cpu: '2'}}})).toBe('2');
    expect(limit({allocatable})).toBe('4');
    expect(limit({})).toBe("<limits.cpu: the node's>");
  });
  test('of an init container that is named, the kubelet sets no default', () => {
    const valueFrom = {resourceFieldRef: {resource: 'limits.cpu', containerName: 'init'}};
    expect(values(resolve({env: [{name: 'A', valueFrom}]}, {allocatable}, {initContainers: [{name: 'init'}]}))).toEqual({A: '0'});
  });
});
