import {describe, expect, test} from 'vitest';
import {parse} from 'yaml';
import {currentContext, mergeKubeconfig, withoutKubeconfig} from '../../../src/lab/kubeconfig/merge.ts';

const lab = (authority = 'TEFC', server = 'https://127.0.0.1:20001') => `
apiVersion: v1
kind: Config
clusters:
  - {name: kops-x, cluster: {certificate-authority-data: ${authority}, server: "${server}"}}
contexts:
  - {name: kops-x, context: {cluster: kops-x, user: kops-x}}
current-context: kops-x
users:
  - {name: kops-x, user: {client-certificate-data: QQ==, client-key-data: QQ==}}
`;

const own = `# mine, do not touch
apiVersion: v1
kind: Config
clusters:
- name: prod
  cluster:
    server: https://prod.example # the VPN must be on
    certificate-authority-data: UFJPRA==
contexts:
- name: prod
  context: {cluster: prod, user: me, namespace: shop}
current-context: prod
users:
- name: me
  user:
    exec: {command: login, apiVersion: client.authentication.k8s.io/v1}
extensions:
- name: editor
`;

describe('adding', () => {
  test('a file that is not there yet becomes a whole kubeconfig', () => {
    expect(parse(mergeKubeconfig('', lab(), 'f'))).toEqual({...parse(lab()), apiVersion: 'v1', kind: 'Config'});
  });

  test('what is the user’s stays as it was, comments and unknown fields too', () => {
    const merged = mergeKubeconfig(own, lab(), 'f');
    expect(merged).toContain('# mine, do not touch');
    expect(merged).toContain('# the VPN must be on');
    const {clusters, contexts, users, ...rest} = parse(merged);
    expect(clusters.map((c: {name: string}) => c.name)).toEqual(['prod', 'kops-x']);
    expect(contexts[0]).toEqual({name: 'prod', context: {cluster: 'prod', user: 'me', namespace: 'shop'}});
    expect(users.map((u: {name: string}) => u.name)).toEqual(['me', 'kops-x']);
    expect(rest).toMatchObject({'current-context': 'kops-x', extensions: [{name: 'editor'}]});
  });

  test('an entry of the same name is replaced, not doubled', () => {
    const twice = mergeKubeconfig(mergeKubeconfig(own, lab(), 'f'), lab('TkVX', 'https://127.0.0.1:20002'), 'f');
    const {clusters, contexts, users} = parse(twice);
    expect([clusters.length, contexts.length, users.length]).toEqual([2, 2, 2]);
    expect(clusters[1].cluster).toEqual({'certificate-authority-data': 'TkVX', server: 'https://127.0.0.1:20002'});
  });

  test.each([
    ['null lists, as kubectl writes them', 'apiVersion: v1\nclusters: null\ncontexts: null\nkind: Config\nusers: null\n'],
    ['empty flow lists', 'clusters: []\ncontexts: []\nusers: []\n'],
    ['nothing but a comment', '# later\n'],
  ])('%s are filled', (_case, text) => {
    expect(parse(mergeKubeconfig(text, lab(), 'f'))).toMatchObject({
      clusters: [{name: 'kops-x'}],
      contexts: [{name: 'kops-x'}],
      users: [{name: 'kops-x'}],
    });
  });

  test.each([
    ['broken YAML', 'clusters: [\n'],
    ['a list', '- a\n'],
    ['a word', 'hello'],
  ])('%s is refused, and the file is named', (_case, text) => {
    expect(() => mergeKubeconfig(text, lab(), '/home/ada/.kube/config')).toThrow(
      expect.objectContaining({message: '/home/ada/.kube/config is not a kubeconfig', exitCode: 2}),
    );
  });
});

describe('removing', () => {
  test('adding and removing leaves what was there, and no current context', () => {
    const after = withoutKubeconfig(mergeKubeconfig(own, lab(), 'f'), lab(), 'f');
    expect(parse(after)).toEqual({...parse(own), 'current-context': ''});
    expect(after).toContain('# the VPN must be on');
  });

  test('a context that the user switched to in the meantime stays current', () => {
    const switched = mergeKubeconfig(own, lab(), 'f').replace('current-context: kops-x', 'current-context: prod');
    expect(currentContext(withoutKubeconfig(switched, lab(), 'f'), 'f')).toBe('prod');
  });

  test('a cluster of the same name with another authority is someone else’s and stays', () => {
    const theirs = mergeKubeconfig(own, lab('VEhFSVI='), 'f');
    expect(withoutKubeconfig(theirs, lab(), 'f')).toBe(theirs);
  });

  test('contexts that the user made for the lab’s cluster go too, a user that others need does not', () => {
    const alias = '- name: alias\n  context: {cluster: kops-x, user: me}\n';
    const merged = mergeKubeconfig(own.replace('contexts:\n', `contexts:\n${alias}`), lab(), 'f');
    const {contexts, users} = parse(withoutKubeconfig(merged, lab(), 'f'));
    expect(contexts.map((c: {name: string}) => c.name)).toEqual(['prod']);
    expect(users.map((u: {name: string}) => u.name)).toEqual(['me']);
  });

  test('a lab that never came up has nothing to remove', () => {
    expect(withoutKubeconfig(own, '', 'f')).toBe(own);
  });
});
