import {expect, test} from 'vitest';
import {findAccess} from '../../../src/kube/access/find-access.ts';
import {parseKubeconfig} from '../../../src/kube/access/kubeconfig.ts';

const shop = `
current-context: shop-prod
clusters:
- {name: prod, cluster: {server: 'https://prod:6443'}}
- {name: plain, cluster: {server: 'localhost:8001'}}
- {name: bare, cluster: {server: 'prod:6443', certificate-authority-data: eA==}}
- {name: odd, cluster: {server: 'ftp://prod'}}
- {name: empty, cluster: {}}
users:
- {name: jane, user: {token: t, as: root, as-groups: [wheel]}}
contexts:
- {name: shop-prod, context: {cluster: prod, user: jane, namespace: shop}}
- {name: shop-test, context: {cluster: prod, user: jane}}
- {name: anonymous, context: {cluster: prod}}
- {name: plain, context: {cluster: plain}}
- {name: bare, context: {cluster: bare}}
- {name: odd, context: {cluster: odd}}
- {name: empty, context: {cluster: empty}}
- {name: no-cluster, context: {cluster: gone, user: jane}}
- {name: no-user, context: {cluster: prod, user: gone}}
`;
const kubeconfig = parseKubeconfig(shop, 'config');

test.each([
  ['the context has one', {}, 'shop'],
  ['the command line has one', {namespace: 'other'}, 'other'],
  ['neither has one', {context: 'shop-test'}, 'default'],
  ['the command line has empty ones', {context: '', namespace: ''}, 'shop'],
  ['the command line has both', {context: 'shop-test', namespace: 'other'}, 'other'],
])('which namespace, where %s', (_case, options, namespace) => {
  expect(findAccess(kubeconfig, options).namespace).toBe(namespace);
});

test.each([
  ['shop-prod', 'https://prod:6443/'],
  ['plain', 'http://localhost:8001/'],
  ['bare', 'https://prod:6443/'],
])('the server of %s', (context, server) => {
  expect(findAccess(kubeconfig, {context}).server.href).toBe(server);
});

test.each([
  ['as in the kubeconfig', {}, {as: 'root', 'as-groups': ['wheel']}],
  ['another user, with the same groups', {as: 'joe'}, {as: 'joe', 'as-groups': ['wheel']}],
  ['other groups', {asGroups: ['a', 'b']}, {as: 'root', 'as-groups': ['a', 'b']}],
])('whom to impersonate: %s', (_case, options, user) => {
  expect(findAccess(kubeconfig, options).user).toMatchObject(user);
});

test.each([
  [
    'shop-prd',
    'context shop-prd does not exist in the kubeconfig',
    /^it has shop-prod, anonymous, /,
    'did you mean --context shop-prod?',
  ],
  [
    'zzz',
    'context zzz does not exist in the kubeconfig',
    /^it has anonymous, bare, .* and 1 more$/,
    'kubectl config get-contexts',
  ],
  [
    'no-cluster',
    "the kubeconfig's context no-cluster has no cluster",
    /^there is no cluster gone in it; it has bare, /,
    /set-context/,
  ],
  ['no-user', "the kubeconfig's context no-user has no user", /^there is no user gone in it; it has jane$/, /set-context/],
  ['odd', 'the cluster of context odd has no server that can be reached', /^ftp:\/\/prod is not/, /set-cluster/],
  ['empty', 'the cluster of context empty has no server that can be reached', /^the kubeconfig names none$/, /set-cluster/],
])('context %s leads nowhere', (context, message, why, next) => {
  expect(() => findAccess(kubeconfig, {context})).toThrow(
    expect.objectContaining({
      message,
      why: expect.stringMatching(why),
      next: typeof next === 'string' ? next : expect.stringMatching(next),
      exitCode: 2,
    }),
  );
});

test.each([
  ['no current context', shop.replace('current-context: shop-prod', ''), 'no context was chosen', 2],
  [
    'a current context that is gone',
    'current-context: gone',
    'context gone does not exist in the kubeconfig, though it is the current one',
    2,
  ],
  ['nothing in it', '', 'there is no cluster to talk to', 5],
])('a kubeconfig with %s', (_case, text, message, exitCode) => {
  expect(() => findAccess(parseKubeconfig(text, 'config'), {})).toThrow(expect.objectContaining({message, exitCode}));
});

test('groups without a user to impersonate are refused', () => {
  expect(() => findAccess(kubeconfig, {context: 'anonymous', asGroups: ['a']})).toThrow('--as-group needs --as');
});
