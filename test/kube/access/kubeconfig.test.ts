import fc from 'fast-check';
import {expect, test} from 'vitest';
import {stringify} from 'yaml';
import {type Kubeconfig, mergeKubeconfigs, parseKubeconfig} from '../../../src/kube/access/kubeconfig.ts';
import {Problem} from '../../../src/problem.ts';

const entriesOf = (prefix: string) =>
  fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(`${prefix}1`, `${prefix}2`), {noNullPrototype: true});
const anyFile = fc.record({
  current: fc.option(fc.constantFrom('a', 'b'), {nil: undefined}),
  clusters: entriesOf('https://server-'),
  users: entriesOf('token-'),
  contexts: entriesOf('namespace-'),
});

const write = ({current, clusters, users, contexts}: typeof anyFile extends fc.Arbitrary<infer T> ? T : never): string =>
  stringify({
    'current-context': current,
    clusters: Object.entries(clusters).map(([name, server]) => ({name, cluster: {server}})),
    users: Object.entries(users).map(([name, token]) => ({name, user: {token}})),
    contexts: Object.entries(contexts).map(([name, namespace]) => ({name, context: {namespace}})),
  });

test('of several files, the first that names an entry or a current context wins', () => {
  fc.assert(
    fc.property(fc.array(anyFile, {maxLength: 4}), (files) => {
      const merged = mergeKubeconfigs(files.map((file) => parseKubeconfig(write(file), '/home/jane/config')));
      expect(merged.currentContext).toBe(files.find(({current}) => current !== undefined)?.current);
      for (const name of ['a', 'b', 'c']) {
        expect(merged.clusters.get(name)?.server).toBe(files.find((file) => name in file.clusters)?.clusters[name]);
        expect(merged.users.get(name)?.token).toBe(files.find((file) => name in file.users)?.users[name]);
        expect(merged.contexts.get(name)?.namespace).toBe(files.find((file) => name in file.contexts)?.contexts[name]);
      }
    }),
  );
});

test('an entry of a later file adds nothing to one of the same name', () => {
  const merged = mergeKubeconfigs([
    parse('users: [{name: red, user: {token: one}}]'),
    parse('users: [{name: red, user: {username: other}}]'),
  ]);
  expect(merged.users.get('red')).toEqual({token: 'one'});
});

test('paths count from the folder of the file that holds them', () => {
  const {clusters, users} = parseKubeconfig(
    `
clusters: [{name: c, cluster: {certificate-authority: ca.crt}}]
users:
- {name: u, user: {client-certificate: pki/u.crt, client-key: /etc/u.key, tokenFile: ../token}}
- {name: near, user: {exec: {command: ./bin/login}}}
- {name: path, user: {exec: {command: login}}}
`,
    '/home/jane/.kube/config',
  );
  expect(clusters.get('c')).toEqual({'certificate-authority': '/home/jane/.kube/ca.crt'});
  expect(users.get('u')).toEqual({
    'client-certificate': '/home/jane/.kube/pki/u.crt',
    'client-key': '/etc/u.key',
    tokenFile: '/home/jane/token',
  });
  expect(users.get('near')?.exec?.command).toBe('/home/jane/.kube/bin/login');
  expect(users.get('path')?.exec?.command).toBe('login');
});

test.each([
  ['an empty file', ''],
  ['only a comment', '# nothing'],
  ['lists without entries', 'clusters: null\ncontexts: []\nusers:\ncurrent-context: ""'],
])('%s is a kubeconfig without entries', (_case, text) => {
  expect(parse(text)).toEqual({currentContext: undefined, clusters: new Map(), users: new Map(), contexts: new Map()});
});

test('JSON is read too, and the same entry twice in one file is one', () => {
  const {contexts} = parse('{"contexts": [{"name": "a", "context": {"user": "u"}}, {"name": "a", "context": {"user": "u"}}]}');
  expect([...contexts]).toEqual([['a', {user: 'u'}]]);
});

test.each([
  [
    'a bracket is left open',
    'clusters: [',
    'line 1, column 12: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  ['a tab indents', 'clusters:\n\t- name: a', 'line 2, column 1: Tabs are not allowed as indentation'],
  ['a list is none', 'apiVersion: v1\nclusters: 3', 'line 2, column 11: clusters should be a list'],
  ['it is another file', '- a\n- b', 'line 1, column 1: this is not a kubeconfig: expected a mapping'],
  ['an entry is no mapping', 'users:\n- just', 'line 2, column 3: an entry of users should be a mapping'],
  ['an entry has no name', 'users:\n- user: {token: a}', 'line 2, column 3: an entry of users has no name'],
  ['the content is no mapping', 'contexts:\n- name: a\n  context: b', 'line 2, column 3: context should be a mapping'],
  ['a token looks like a number', 'users:\n- name: u\n  user:\n    token: 12345', 'line 4, column 12: token should be a text'],
  [
    'two entries differ under one name',
    'contexts:\n- {name: a, context: {user: u}}\n- {name: a, context: {user: v}}',
    'line 3, column 3: contexts has a second, different entry named a',
  ],
])('where %s, line and column are told', (_case, text, why) => {
  expect(problemOf(() => parse(text))).toMatchObject({
    message: 'the kubeconfig /home/jane/.kube/config cannot be read',
    why,
    exitCode: 2,
  });
});

test('a garbled file never shows a token that is in it', () => {
  const problem = problemOf(() => parse('users:\n- name: u\n  user: {token: hush-hush\n'));
  expect(`${problem.message}${problem.why}${problem.next}`).not.toContain('hush');
});

const parse = (text: string): Kubeconfig => parseKubeconfig(text, '/home/jane/.kube/config');

function problemOf(fail: () => unknown): Problem {
  try {
    fail();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
