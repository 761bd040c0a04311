import {describe, expect, test} from 'vitest';
import {stringify} from 'yaml';
import {decodePod, keyOf} from '../../../../src/lab/embedded/kubelet/manifest.ts';

const decode = (text: string, node = 'n', file = '/m/a.yaml') => decodePod(text, node, file);

const plain = `apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: kube-system
  labels: {a: b, c: d}
spec:
  containers:
  - name: web
    image: web:1
    command:
    - web
    - --on=true
`;

const asJson = JSON.stringify({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: {name: 'web', namespace: 'kube-system', labels: {a: 'b', c: 'd'}},
  spec: {containers: [{name: 'web', image: 'web:1', command: ['web', '--on=true']}]},
});

test('a pod is called after its node, and stops in 30 s where it says nothing of that', () => {
  const pod = decode(plain, 'Node-1');
  expect(pod).toMatchObject({name: 'web-node-1', namespace: 'kube-system', file: '/m/a.yaml', grace: 30_000});
  expect(keyOf(pod)).toBe('kube-system/web-node-1');
  expect(decode(plain.replace('  namespace: kube-system\n', '')).namespace).toBe('default');
  expect(decode(plain.replace('spec:', 'spec:\n  terminationGracePeriodSeconds: 5')).grace).toBe(5_000);
});

describe('the hash', () => {
  test.each([
    ['a comment', plain.replace('spec:', '# why\nspec: # here')],
    ['quotes', plain.replace('image: web:1', 'image: "web:1"')],
    ['another order of keys', plain.replace('{a: b, c: d}', '{c: d, a: b}')],
    ['another indentation', plain.replace('    - web\n    - --on=true', '      - web\n      - --on=true')],
    ['JSON', asJson],
    ['a key without a value', plain.replace('metadata:', 'metadata:\n  creationTimestamp: null')],
    ['a status', `${plain}status: {}\n`],
    ['a second document', `${plain}---\nkind: Nonsense\n`],
  ])('is the same with %s', (_case, text) => {
    expect(decode(text).uid).toBe(decode(plain).uid);
  });

  test.each([
    ['another flag', plain.replace('--on=true', '--on=false'), 'n', '/m/a.yaml'],
    ['one more flag', `${plain}    - --more\n`, 'n', '/m/a.yaml'],
    ['flags in another order', plain.replace('- web\n    - --on=true', '- --on=true\n    - web'), 'n', '/m/a.yaml'],
    ['another label', plain.replace('a: b', 'a: x'), 'n', '/m/a.yaml'],
    ['another node', plain, 'm', '/m/a.yaml'],
    ['another file', plain, 'n', '/m/a.yaml.bak'],
  ])('is another with %s', (_case, text, node, file) => {
    expect(decode(text, node, file).uid).not.toBe(decode(plain).uid);
  });

  test('of a key given twice the last one counts', () => {
    const twice = plain.replace('image: web:1', 'image: web:0\n    image: web:1');
    expect(decode(twice).uid).toBe(decode(plain).uid);
  });
});

const withSpec = (spec: object) =>
  stringify({apiVersion: 'v1', kind: 'Pod', metadata: {name: 'web'}, spec: {containers: [{name: 'c', image: 'i'}], ...spec}});
const withContainer = (container: object, volumes: unknown = []) =>
  withSpec({containers: [{name: 'c', image: 'i', ...container}], volumes});

test.each([
  ['nothing', '', 'it is empty'],
  ['half a file', 'a: [1, 2', 'it is no YAML'],
  ['a text', 'hello', 'it is no object'],
  ['another kind', 'apiVersion: v1\nkind: Service\n', 'it is v1 Service, not v1 Pod'],
  ['an object without a kind', 'a: b', 'it is no apiVersion and no kind'],
  ['no name', plain.replace('  name: web\n', ''), 'metadata.name: required'],
  ['a name with a slash', plain.replace('name: web', 'name: a/b'), 'metadata.name: not a lower-case name'],
  ['no containers', withSpec({containers: []}), 'spec.containers: required'],
  ['no image', withContainer({image: ''}), 'spec.containers[0].image: required'],
  ['a command that is one string', withContainer({command: 'kube-apiserver --a'}), 'command: not a list of strings'],
  ['a flag that is a number', withContainer({command: ['a', 5]}), 'command: not a list of strings'],
  ['an argument that YAML 1.1 takes for a boolean', plain.replace('--on=true', 'yes'), 'command: not a list of strings'],
  ['a variable that is a number', withContainer({env: [{name: 'A', value: 1}]}), 'env: a value is not a string'],
  ['a variable from a Secret', withContainer({env: [{name: 'A', valueFrom: {}}]}), 'static pods may not take variables'],
  ['a mount of no volume', withContainer({volumeMounts: [{name: 'v', mountPath: '/v'}]}), 'volumeMounts[0].name: no volume v'],
  ['a volume that is a Secret', withContainer({}, [{name: 'v', secret: {}}]), 'static pods may not reference secret'],
  ['a hostPath without a path', withContainer({}, [{name: 'v', hostPath: {}}]), 'volumes[0].hostPath.path: required'],
  ['a hostPath that climbs', withContainer({}, [{name: 'v', hostPath: {path: '/a/../b'}}]), "must not contain '..'"],
  ['an unknown type of hostPath', withContainer({}, [{name: 'v', hostPath: {path: '/a', type: 'Dir'}}]), 'type: unsupported Dir'],
  [
    'two volumes of one name',
    withContainer({}, [
      {name: 'v', emptyDir: {}},
      {name: 'v', emptyDir: {}},
    ]),
    'volumes[1].name: duplicate v',
  ],
  [
    'two mounts in one place',
    withContainer(
      {
        volumeMounts: [
          {name: 'v', mountPath: '/v'},
          {name: 'v', mountPath: '/v'},
        ],
      },
      [{name: 'v', emptyDir: {}}],
    ),
    'volumeMounts[1].mountPath: must be unique',
  ],
])('%s is no static pod', (_case, text, problem) => {
  expect(() => decode(text)).toThrow(problem);
});
