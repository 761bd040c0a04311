import {describe, expect, onTestFinished, test} from 'vitest';
import {preflight} from '../../src/encryption/preflight.ts';
import type {Server} from '../../src/encryption/transaction/servers.ts';
import type {ApiResponse} from '../../src/kube/api.ts';
import type {Cluster} from '../../src/kube/cluster.ts';
import {localNode} from '../../src/nodes/local.ts';
import {aMember, memoryEtcd} from '../support/memory-etcd.ts';

const {signal} = new AbortController();
const cluster = {} as Cluster; // nothing is asked of it
const plane = {context: 'x', nodes: [], etcd: memoryEtcd(), etcdPrefix: '/registry', elsewhere: [], cluster};

const DRY_RUN = (resource: string) => `/api/v1/namespaces/kube-system/${resource}?dryRun=All`;
const SECRETS = {resources: ['secrets'], rewrite: true};
interface Begin {
  readonly sockets?: Map<string, string[]>;
  readonly transaction?: typeof SECRETS;
  readonly editsKubeadm?: boolean;
  readonly bytes?: number;
}
const begin = (servers: readonly Server[], more: Begin = {}) => {
  const {sockets: socketsOnNodes = new Map(), transaction = SECRETS, editsKubeadm = true, bytes = 1000} = more;
  return preflight(plane, {servers, socketsOnNodes, transaction}, {editsKubeadm, bytes, snapshot: undefined}, signal);
};

/** A control plane on which all is well but what these answers say. */
function aServer(name: string, answers: Readonly<Record<string, Partial<ApiResponse>>> = {}): Server {
  const well: Readonly<Record<string, Partial<ApiResponse>>> = {
    '/api/v1/secrets?limit=1': {body: Buffer.from('{"items": []}')},
    '/metrics': {body: Buffer.from('process_start_time_seconds 1795000000\n')},
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews': {status: 201, body: Buffer.from('{"status": {"allowed": true}}')},
    [DRY_RUN('secrets')]: {status: 201},
    [DRY_RUN('configmaps')]: {status: 201},
    ...answers,
  };
  const node = localNode(name);
  return {
    name,
    node: {
      ...node,
      run: async (script) => {
        const stdout = script === 'uname -n' ? `${name}.example.com\n` : '/dev/a 9 9 9999999 1% /';
        return {code: 0, stdout: Buffer.from(stdout), stderr: ''};
      },
    },
    manifestPath: '/etc/kubernetes/manifests/kube-apiserver.yaml',
    api: {
      context: 'x',
      server: 'https://10.0.0.1:6443',
      send: async ({path}) => ({status: 200, headers: {}, body: Buffer.alloc(0), ...well[path]}),
    },
  };
}

test('a change may begin where all is well', async () => {
  await expect(begin([aServer('cp-1'), aServer('cp-2')])).resolves.toBeUndefined();
});

test.each([
  [
    'waits for its KMS plugin',
    {'/readyz?verbose': {status: 500, body: Buffer.from('[+]ping ok\n[-]kms-providers failed: reason withheld\n')}},
    'cp-2: it is not ready: kms-providers: the KMS plugin does not answer it',
  ],
  [
    'has not come up yet',
    {'/readyz?verbose': {status: 500, body: Buffer.from('[-]etcd failed: reason withheld\n')}},
    'cp-2: it is not ready: etcd',
  ],
  ['cannot list', {'/api/v1/secrets?limit=1': {status: 500}}, 'cp-2: it could not list secrets: 500'],
  ['keeps its metrics to itself', {'/metrics': {status: 500}}, 'cp-2: it could not read its metrics: 500'],
])('no change begins while a server %s', async (_case, answers, why) => {
  const begun = begin([aServer('cp-1'), aServer('cp-2', answers)]);
  await expect(begun).rejects.toMatchObject({message: 'the API server on cp-2 is not well', why, exitCode: 3});
});

test('no change begins without the right to see which configuration a server runs with', async () => {
  const servers = [aServer('cp-1', {'/metrics': {status: 403}})];
  const begun = begin(servers);
  await expect(begun).rejects.toMatchObject({why: 'denied: get the path /metrics', exitCode: 5});
});

test('no change begins while a node lacks the socket of its KMS plugin', async () => {
  const lacking: Server = aServer('cp-2');
  const sockets = new Map([['cp-2', ['/run/kms/no-such.sock']]]);
  const node = localNode('cp-2'); // this machine
  const begun = begin([aServer('cp-1'), {...lacking, node}], {sockets});
  await expect(begun).rejects.toMatchObject({
    message: 'cp-2 has no KMS plugin at /run/kms/no-such.sock',
    next: 'the KMS plugin must run on every control-plane node first; nothing was changed',
    exitCode: 3,
  });
});

test('no change begins while etcd is full, and has raised its alarm', async () => {
  plane.etcd.memberList = [aMember('a'), aMember('b', {errors: ['alarm NOSPACE']})];
  onTestFinished(() => {
    plane.etcd.memberList = [aMember('a')];
  });
  await expect(begin([aServer('cp-1')])).rejects.toMatchObject({
    message: 'etcd is not healthy: b',
    why: 'alarm NOSPACE',
    exitCode: 3,
  });
});

describe('the rights of whoever changes it', () => {
  /** Asks for all that the change needs, with these rights denied; resolves with what was asked for. */
  async function ask(transaction: typeof SECRETS, denied: readonly string[] = [], editsKubeadm = true): Promise<string[]> {
    const asked: string[] = [];
    const server = aServer('cp-1');
    const send: Server['api']['send'] = async (request, aborted) => {
      if (!request.path.endsWith('/selfsubjectaccessreviews')) return server.api.send(request, aborted);
      const {verb, group, resource, namespace} = JSON.parse(String(request.body)).spec.resourceAttributes;
      const words = [`${verb} ${group ? `${resource}.${group}` : resource}`, ...(namespace ? [namespace] : [])].join(' in ');
      asked.push(words);
      const body = Buffer.from(JSON.stringify({status: {allowed: !denied.includes(words)}}));
      return {status: 201, headers: {}, body};
    };
    await begin([{...server, api: {...server.api, send}}], {transaction, editsKubeadm});
    return asked;
  }

  test('are asked for every resource that is rewritten, each once', async () => {
    const asked = await ask({resources: ['secrets', 'widgets.example.com'], rewrite: true});
    expect(asked.sort()).toMatchInlineSnapshot(`
      [
        "create secrets in kube-system",
        "delete secrets in kube-system",
        "get secrets",
        "get secrets in kube-system",
        "get widgets.example.com",
        "list secrets",
        "list widgets.example.com",
        "patch configmaps in kube-system",
        "update secrets",
        "update widgets.example.com",
      ]
    `);
  });

  test('to rewrite are not needed where nothing is rewritten', async () => {
    expect(await ask({resources: ['secrets', 'widgets.example.com'], rewrite: false})).not.toContain('update secrets');
  });

  test('to tell kubeadm are not needed where there is nothing to tell it', async () => {
    expect(await ask(SECRETS, [], false)).not.toContain('patch configmaps in kube-system');
  });

  test('that lack on a custom resource are told before anything is touched', async () => {
    const begun = ask({resources: ['secrets', 'widgets.example.com'], rewrite: true}, ['update widgets.example.com']);
    await expect(begun).rejects.toMatchObject({why: 'denied: update widgets.example.com in all namespaces', exitCode: 5});
  });
});

describe('the admission of the canary', () => {
  const refusal = {
    status: 403,
    body: Buffer.from(
      JSON.stringify({
        kind: 'Status',
        reason: 'Forbidden',
        message: 'admission webhook "policy.example.com" denied the request: no owner',
      }),
    ),
  };
  const noDryRun = {
    status: 400,
    body: Buffer.from(
      JSON.stringify({kind: 'Status', reason: 'BadRequest', message: 'admission webhook "a.b" does not support dry run'}),
    ),
  };

  test('is tried first: a policy that refuses it stops the change before anything is touched', async () => {
    await expect(begin([aServer('cp-1'), aServer('cp-2', {[DRY_RUN('secrets')]: refusal})])).rejects.toMatchObject({
      message: 'cp-2 would refuse the canary, a Secret in kube-system',
      why: expect.stringContaining('denied the request: no owner'),
      next: 'let secrets named kops-canary-* pass there until the change is done; nothing was changed',
      exitCode: 3,
    });
  });

  test.each<[string, readonly string[], Record<string, Partial<ApiResponse>>, boolean]>([
    ['is a ConfigMap where no Secrets change', ['configmaps'], {[DRY_RUN('configmaps')]: refusal}, false],
    ['is not asked for where there is none', ['widgets.example.com'], {[DRY_RUN('configmaps')]: refusal}, true],
    ['is left to the canary where a webhook takes no dry runs', ['secrets'], {[DRY_RUN('secrets')]: noDryRun}, true],
  ])('%s', async (_case, resources, answers, begins) => {
    const begun = begin([aServer('cp-1', answers)], {transaction: {resources: [...resources], rewrite: true}});
    await (begins ? expect(begun).resolves.toBeUndefined() : expect(begun).rejects.toThrow('a ConfigMap in kube-system'));
  });
});

describe('the Leases of API servers', () => {
  const path =
    '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?labelSelector=apiserver.kubernetes.io%2Fidentity%3Dkube-apiserver';
  const lease = (host: string, renewTime = '2026-11-23T10:00:00.000000Z') => ({
    metadata: {labels: {'apiserver.kubernetes.io/identity': 'kube-apiserver', 'kubernetes.io/hostname': host}},
    spec: {renewTime},
  });
  const ours = [lease('cp-1.example.com'), lease('CP-2.example.com', '2026-11-23T09:59:50.000000Z')];
  const beginWith = (answer: Partial<ApiResponse>, node: Partial<Server['node']> = {}) => {
    const first = aServer('cp-1', {[path]: answer});
    const servers = [{...first, node: {...first.node, ...node}}, aServer('cp-2')];
    return begin(servers);
  };
  const listed = (items: readonly object[]) => ({body: Buffer.from(JSON.stringify({items}))});

  test('tell of one that kops does not know: no change begins', async () => {
    await expect(beginWith(listed([...ours, lease('stacked-3')]))).rejects.toMatchObject({
      message: 'kops does not know of the API server on stacked-3',
      why: expect.stringContaining('the cluster has 3 API servers (their Leases in kube-system), and kops found cp-1 and cp-2'),
      next: expect.stringContaining('kubectl label node NAME node-role.kubernetes.io/control-plane='),
      exitCode: 3,
    });
  });

  test.each<[string, Partial<ApiResponse>, Partial<Server['node']>?]>([
    ['are all of known servers', listed(ours)],
    ['are old where a server is gone', listed([...ours, lease('stacked-3', '2026-11-23T09:58:59.000000Z')])],
    ['may not be listed', {status: 403}],
    ['are not there', listed([])],
    ['say nothing where nodes are simulated', listed([lease('laptop')]), {root: '/lab/cp-1'}],
  ])('%s: a change may begin', async (_case, answer, node) => {
    await expect(beginWith(answer, node)).resolves.toBeUndefined();
  });
});
