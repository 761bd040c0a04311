import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, onTestFinished, test} from 'vitest';
import {readEtcdManifest} from '../../src/encryption/manifest/etcd-manifest.ts';
import {readManifest} from '../../src/encryption/manifest/manifest.ts';
import {type Candidate, candidatesOf, openEtcd} from '../../src/etcd/connect.ts';
import type {Etcd, KeyValue} from '../../src/etcd/etcd.ts';
import type {ContainerFiles} from '../../src/etcd/etcdctl.ts';
import {snapshotTo} from '../../src/etcd/snapshot.ts';
import {storeOf} from '../../src/etcd/store.ts';
import type {Cluster} from '../../src/kube/cluster.ts';
import {connect} from '../../src/kube/connect.ts';
import {dockerNode} from '../../src/nodes/docker.ts';
import {readFile, removeFile} from '../../src/nodes/files.ts';
import {liveCluster, namespace} from '../support/live.ts';
import {start} from '../support/process.ts';

const {signal} = new AbortController();
let cluster: Cluster;
let candidates: readonly Candidate[];

beforeAll(async () => {
  const {kubeconfig, name} = liveCluster();
  cluster = await connect({kubeconfig});
  const node = dockerNode(`${name}-control-plane`);
  const read = async (path = '') => (await readFile(node, path, signal))?.content ?? Buffer.alloc(0);
  const manifests = '/etc/kubernetes/manifests';
  const text = (await read(`${manifests}/kube-apiserver.yaml`)).toString();
  const store = storeOf(readManifest(text, 'kube-apiserver.yaml').flags, {group: '', resource: 'secrets'}, 'kube-apiserver.yaml');
  const pod = readEtcdManifest((await read(`${manifests}/etcd.yaml`)).toString(), node.name);
  if (pod === undefined) throw new Error('kind runs etcd as a static pod');
  const tls = {ca: await read(store.caFile), cert: await read(store.certFile), key: await read(store.keyFile)};
  const inspected = await start('docker', ['inspect', '-f', '{{.NetworkSettings.Networks.kind.IPAddress}}', node.name]).ended;
  const files: ContainerFiles = {
    path: `${pod.dataDir}/kops-test.db`,
    read: async (path, onChunk, aborted) => {
      const chunks: Buffer[] = [];
      await node.run('cat -- "$1"', [path], {onData: (chunk) => void chunks.push(chunk)}, aborted);
      for (const chunk of chunks) await onChunk(chunk);
    },
    remove: (path) => removeFile(node, path, {}, signal),
  };
  const place = {addresses: [inspected.stdout.trim()], isLocal: false, advertised: pod.clientUrls};
  candidates = candidatesOf(store, place, {
    tls,
    pods: [pod],
    forward: (to, port, aborted) => cluster.portForward(to, port, aborted),
    inPod: (to) => ({files, run: (command, onData, aborted) => cluster.exec(to, 'etcd', command, {onData}, aborted)}),
    onNode: () => ({
      files,
      run: (command, onData, aborted) =>
        node.run('exec crictl exec "$(crictl ps --name etcd -q | head -n 1)" "$@"', command, {onData}, aborted),
    }),
  });
});

async function opened(candidate: Candidate): Promise<Etcd> {
  const etcd = await candidate.open(signal);
  onTestFinished(() => etcd.close());
  return etcd;
}

async function itemsOf(etcd: Etcd, prefix: string, revision: number): Promise<KeyValue[]> {
  const items: KeyValue[] = [];
  for await (const page of etcd.range({prefix, revision}, signal)) items.push(...page.items);
  return items;
}

test('there are four ways to the etcd of a kubeadm cluster, the quick ones first', async () => {
  const {name} = liveCluster();
  expect(candidates.map(({via}) => via)).toEqual([
    'gRPC',
    `a port-forward to pod etcd-${name}-control-plane`,
    `etcdctl in pod etcd-${name}-control-plane`,
    `etcdctl by crictl on node ${name}-control-plane`,
  ]);
  const etcd = await openEtcd(candidates, signal);
  onTestFinished(() => etcd.close());
  expect(etcd.via).toMatch(/^gRPC to https:\/\/[\d.]+:2379$/);
});

test.for([0, 1, 2, 3])(
  'by way %i a Secret is what the API server stored, among others, and the snapshot is whole',
  async (way) => {
    const shop = await namespace();
    const direct = await opened(candidates[0] as Candidate);
    const etcd = await opened(candidates[way] as Candidate);
    const [made] = await shop.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {name: `db-${way}`},
      data: {password: Buffer.from('hunter2').toString('base64'), large: Buffer.alloc(700_000, way).toString('base64')},
    } as never);
    const stored = await etcd.get(`/registry/secrets/${shop.name}/db-${way}`, signal);
    expect(stored?.value.subarray(0, 4).toString()).toBe('k8s\0');
    expect(stored?.value.includes('hunter2')).toBe(true);
    expect(String(stored?.modRevision)).toBe(made?.metadata?.resourceVersion);

    const revision = stored?.modRevision ?? 0;
    expect(await itemsOf(etcd, '/registry/secrets/', revision)).toEqual(await itemsOf(direct, '/registry/secrets/', revision));
    expect(await itemsOf(etcd, '/registry/clusterroles/', revision)).toHaveLength(
      (await itemsOf(direct, '/registry/clusterroles/', revision)).length,
    );
    const [member] = await etcd.members(signal);
    expect(member).toMatchObject({name: `${liveCluster().name}-control-plane`, isLeader: true, errors: []});

    const folder = mkdtempSync(join(tmpdir(), 'kops-etcd-'));
    onTestFinished(() => rmSync(folder, {recursive: true}));
    expect((await snapshotTo(etcd, join(folder, 'etcd.db'), signal)).bytes).toBeGreaterThan(1_000_000);
  },
);

afterAll(async () => {
  const {name} = liveCluster();
  const left = await start('docker', ['exec', `${name}-control-plane`, 'sh', '-c', 'ls /var/lib/etcd']).ended;
  expect(left.stdout.trim()).toBe('member');
});
