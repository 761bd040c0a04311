import {expect, test} from 'vitest';
import {decodeManifest} from '../../../src/config/read/manifest.ts';

const manifest = `apiVersion: v1
kind: List
items:
- {kind: Secret, metadata: {name: db}, stringData: {a: x}}
- {kind: Secret, metadata: {name: api, namespace: other}, data: {b: eQ==}}
---
# nothing
---
{"kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"c": "z"}}
---
kind: Deployment
`;
const names = (...[kind, chosen]: [Parameters<typeof decodeManifest>[2], Parameters<typeof decodeManifest>[3]]) =>
  decodeManifest(manifest, 'app.yaml', kind, chosen).map(({name, data}) => ({[name]: data}));

test.each([
  ['all Secrets, of a List too', 'DecodedSecret', {}, [{db: {a: 'x'}}, {api: {b: 'y'}}]],
  ['one by its name', 'DecodedSecret', {name: 'api'}, [{api: {b: 'y'}}]],
  ['those of a namespace, and those that name none', 'DecodedSecret', {namespace: 'shop'}, [{db: {a: 'x'}}]],
  ['ConfigMaps', 'DecodedConfigMap', {}, [{web: {c: 'z'}}]],
] as const)('%s', (_case, kind, chosen, found) => {
  expect(names(kind, chosen)).toEqual(found);
});

test.each([
  ['no such name', {name: 'dbs'}, 'app.yaml holds no secret/dbs', 'kops secret decode db -f app.yaml'],
  ['none in that namespace', {namespace: 'x', name: 'api'}, 'app.yaml holds no secret/api', 'kops secret decode api -f app.yaml'],
])('%s is told', (_case, chosen, message, next) => {
  expect(() => names('DecodedSecret', chosen)).toThrow(expect.objectContaining({message, next, exitCode: 2}));
});

test('a template is told from a manifest, with the way to render it', () => {
  const template = 'kind: Secret\nmetadata: {name: db}\nstringData:\n  password: {{ .Values.password }}\n';
  expect(() => decodeManifest(template, 'db.yaml', 'DecodedSecret', {})).toThrow(
    expect.objectContaining({
      message: 'db.yaml is a template, not a manifest',
      next: 'render it, and read what comes out: helm template CHART | kops … -f -',
      exitCode: 2,
    }),
  );
});

test.each([
  ['a syntax error', 'kind: [', /^app\.yaml:1:8: /],
  ['a text', 'just words', /^app\.yaml is not a manifest$/],
])('%s is told with its place', (_case, text, message) => {
  expect(() => decodeManifest(text, 'app.yaml', 'DecodedSecret', {})).toThrow(message);
});

test.each([
  ['an alias without its anchor', '*hunter2', 'app.yaml:3:13: an alias (*) has no anchor (&) before it'],
  ['a block that says more than that it is one', '|hunter2', 'app.yaml:3:14: something stands there that YAML does not expect'],
  ['an unknown tag', '!a!hunter2', 'app.yaml:3:13: a tag (!) is not known'],
  ['an unknown escape', '"\\xhunter2"', 'app.yaml:3:14: a backslash in double quotes begins no escape'],
  ['an alias of what it is in', '&hunter2 [*hunter2]', 'app.yaml:3:23: an alias (*) stands in what it stands for'],
])('%s is told without quoting it', (_case, value, message) => {
  const read = () => decodeManifest(`kind: Secret\nstringData:\n  password: ${value}\n`, 'app.yaml', 'DecodedSecret', {});
  expect(read).toThrow(expect.objectContaining({message: expect.stringContaining(message), exitCode: 2}));
  expect(read).not.toThrow('hunter2');
});

test('an anchor may be used as often as kubectl lets it', () => {
  const text = `kind: ConfigMap\nx: &x {a: b}\ny: [${'*x, '.repeat(500)}]\ndata: *x\n`;
  expect(decodeManifest(text, 'app.yaml', 'DecodedConfigMap', {})).toMatchObject([{data: {a: 'b'}}]);
});

test('aliases that multiply are refused', () => {
  const lists = 'abcdefghij'.replaceAll(/./g, (name, i) => `${name}: &${name} [${`*${'abcdefghij'[i - 1]}, `.repeat(9)}]\n`);
  const text = `kind: ConfigMap\n${lists.replace(/^.*\n/, 'a: &a [x]\n')}`;
  expect(() => decodeManifest(text, 'app.yaml', 'DecodedConfigMap', {})).toThrow('multiply');
});
