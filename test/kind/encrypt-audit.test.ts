import {expect, test} from 'vitest';
import {reachable} from '../../src/cli/encryption.ts';
import {waysToStore} from '../../src/cli/etcd-store.ts';
import {findControlPlaneNodes} from '../../src/cli/nodes.ts';
import {observe, probe} from '../../src/encryption/control-plane.ts';
import {nodeApi} from '../../src/encryption/server-api.ts';
import type {EncryptionStatus} from '../../src/encryption/status.ts';
import type {EncryptionVerification} from '../../src/encryption/verify.ts';
import type {RawRequest} from '../../src/kube/api.ts';
import {connect} from '../../src/kube/connect.ts';
import {images} from '../support/images.ts';
import {kops, liveCluster, namespace} from '../support/live.ts';

const {signal} = new AbortController();
const docker = {'node-access': 'docker'} as const;
const node = () => `${liveCluster().name}-control-plane`;

test('every way to etcd that the commands find reads the same, and saves it', async () => {
  const cluster = await connect({kubeconfig: liveCluster().kubeconfig});
  const found = await findControlPlaneNodes(cluster, docker, signal);
  const servers = reachable(found.nodes);
  const [server] = servers;
  if (server === undefined) throw new Error('no control plane was found');
  const state = await observe(server, signal);
  const {candidates} = await waysToStore({cluster, server, state, servers, isLab: false}, signal);
  const pod = `etcd-${node()}`;
  expect(candidates.map(({via}) => via)).toEqual([
    'gRPC',
    `a port-forward to pod ${pod}`,
    `etcdctl in pod ${pod}`,
    `etcdctl by crictl on node ${node()}`,
  ]);
  for (const {open} of candidates) {
    const etcd = await open(signal);
    const service = await etcd.get('/registry/services/specs/default/kubernetes', signal);
    expect(service?.value.subarray(0, 4).toString(), etcd.via).toBe('k8s\0');
    let bytes = 0;
    await etcd.snapshot((chunk) => {
      bytes += chunk.length;
    }, signal);
    expect(bytes % 512, etcd.via).toBe(32);
    await etcd.close();
  }
});

test('by docker and by a pod on the node, the same is found', async () => {
  const shop = await namespace();
  await shop.apply({apiVersion: 'v1', kind: 'Secret', metadata: {name: 'db'}, stringData: {p: 'x'}} as object);
  for (const access of [['docker'], ['pod', '--node-pod-image', images.shell]]) {
    const ways = ['--node-access', ...access, '-o', 'json'];
    const status = await kops(['encrypt-at-rest', 'status', ...ways]);
    const report = JSON.parse(status.stdout) as EncryptionStatus;
    expect(report, status.stderr).toMatchObject({agrees: true, servers: [{node: node(), access: access[0], problem: null}]});
    const verification = await kops(['encrypt-at-rest', 'verify', ...ways]);
    const {offenders, byKey} = JSON.parse(verification.stdout) as EncryptionVerification;
    expect(offenders).toContain(`/registry/secrets/${shop.name}/db`);
    // How many there are, the other tests on this cluster have a say in.
    expect(Object.keys(byKey)).toEqual(Object.keys(report.objects[0]?.byKey ?? {}));
  }
});

test('a node that cannot be reached is said, with all that was tried', async () => {
  const {code, stderr} = await kops(['encrypt-at-rest', 'verify', '--node-access', 'local']);
  expect({code, stderr}).toMatchObject({code: 5, stderr: expect.stringContaining(`no way to the node ${node()}`)});
  const status = await kops(['encrypt-at-rest', 'status', '--node-access', 'local']);
  expect(status.stdout).toContain('the API server could not be asked');
  expect(status.code).toBe(5);
});

test('an API server can be asked through its node, as if it were asked directly', async () => {
  const cluster = await connect({kubeconfig: liveCluster().kubeconfig});
  const [server] = reachable((await findControlPlaneNodes(cluster, docker, signal)).nodes);
  if (server === undefined) throw new Error('no control plane was found');
  const {endpoint} = await observe(server, signal);
  const direct = await cluster.apiAt(endpoint);
  const api = nodeApi(server.node, endpoint, direct);
  const path = '/api/v1/namespaces/default/secrets';
  const body = Buffer.from(JSON.stringify({metadata: {name: 'kops-through-node'}, stringData: {p: 'x'}}));
  const send = async (request: RawRequest) => (await api.send(request, signal)).status;
  expect(await send({method: 'POST', path, body})).toBe(201);
  expect(await send({method: 'POST', path, body})).toBe(409);
  expect(await send({method: 'GET', path: `${path}/kops-through-node`})).toBe(200);
  expect(await send({method: 'DELETE', path: `${path}/kops-through-node`})).toBe(200);
  expect(await send({method: 'GET', path: `${path}/kops-through-node`})).toBe(404);
  const {startTime, ...rest} = await probe(api, signal);
  expect({startTime, ...rest}).toEqual(await probe(direct, signal));
  expect(rest).toMatchObject({answers: true, listsSecrets: true});
});
