import {describe, expect, test} from 'vitest';
import {applyChange, observeForChange, prepareChange, type Tools} from '../../src/encryption/change.ts';
import {continueChange, openChange, openWork} from '../../src/encryption/continue.ts';
import {ETCD_MANIFEST} from '../../src/encryption/manifest/etcd-manifest.ts';
import type {StaleOf} from '../../src/encryption/rewrite/all.ts';
import {removeCopies} from '../../src/encryption/stacked-etcd.ts';
import {setupStages} from '../../src/encryption/transaction/stages.ts';
import {readJournal} from '../../src/encryption/transaction/store.ts';
import type {EncryptionRun} from '../../src/encryption/transaction/transact.ts';
import {leaveOut, planDeparture} from '../../src/encryption/without.ts';
import {resources} from '../../src/kube/resources.ts';
import {readFile} from '../../src/nodes/files.ts';
import type {Node} from '../../src/nodes/node.ts';
import {Problem} from '../../src/problem.ts';
import type {Progress} from '../../src/progress.ts';
import type {FakeCluster} from '../support/fake-cluster.ts';
import {type PlayedControlPlane, playControlPlane} from '../support/played-control-plane.ts';
import {keyNamed, plainSecret, secretbox} from '../support/stored.ts';

const {signal} = new AbortController();
const progress: Progress = {
  async run(steps) {
    for (const step of steps) await step.run(() => {});
  },
};
const choice = {provider: 'secretbox', key: keyNamed('new')} as const;
const stored = (name: string) => secretbox('new', plainSecret(name));

const fail = () => Promise.reject(new Error('nothing is rewritten here'));
const tools = (rewrite: Tools['rewrite']): Tools => ({rewrite, snapshot: () => Promise.reject(new Error('none is taken here'))});

/** A setup that ends in the middle of its rewriting. */
async function interruptedSetup({plane}: PlayedControlPlane, told = progress): Promise<EncryptionRun> {
  const observed = await observeForChange(plane, signal);
  const stages = setupStages(undefined, ['secrets'], choice, false);
  const options = {rewrite: true, snapshot: undefined, confirmWithin: 30, now: new Date(0)};
  const prepared = await prepareChange(plane, observed, {operation: 'setup', resources: ['secrets'], stages}, options, signal);
  const refused = tools(() => Promise.reject(new Problem('refused', {exitCode: 3})));
  return applyChange(plane, prepared, refused, told, signal);
}

describe('what a killed run left of a snapshot in the folder of etcd', () => {
  const [copy, other] = ['/var/lib/etcd/kops-snapshot.db.part', '/var/lib/etcd/member/snap/db'];
  const manifest = JSON.stringify({
    metadata: {name: 'etcd'},
    spec: {containers: [{name: 'etcd', command: ['etcd', '--data-dir=/var/lib/etcd']}]},
  });
  const play = () => playControlPlane([undefined], {[ETCD_MANIFEST]: manifest, [copy]: 'k8s', [other]: 'k8s'});

  test('is removed by the next change, which says so', async () => {
    const played = play();
    const details: string[] = [];
    await interruptedSetup(played, {
      async run(steps) {
        for (const step of steps) await step.run((detail) => details.push(detail));
      },
    });
    expect(details[0]).toBe('API, etcd, disk, rights, admission; removed a copy of etcd that a killed run left on cp-1');
    const node = played.plane.nodes[0]?.node;
    if (node === undefined) return expect.unreachable();
    expect(await readFile(node, copy, signal)).toBeUndefined();
    expect(await readFile(node, other, signal)).toBeDefined();
  });

  test('is told of where it cannot be removed', async () => {
    const nodes = play().plane.nodes.map((server) => {
      const run: Node['run'] = async (script, ...rest) =>
        script.startsWith('rm ')
          ? {code: 1, stdout: Buffer.alloc(0), stderr: 'rm: Read-only file system\n'}
          : server.node.run(script, ...rest);
      return {...server, node: {...server.node, run}};
    });
    expect(await removeCopies(nodes, signal)).toBe(
      `could not remove a copy of etcd that a killed run left: ${copy} on cp-1 (rm: Read-only file system)`,
    );
  });
});

test('a rewrite that is resumed is about what is still stored otherwise, and the first one about all', async () => {
  const played = playControlPlane([undefined]);
  const {plane, etcd} = played;
  expect(await interruptedSetup(played)).toMatchObject({outcome: 'open', why: {what: 'refused'}});
  for (const name of ['a', 'b', 'c', 'd']) etcd.put(`/registry/secrets/shop/${name}`, stored(name));
  const asked: Awaited<ReturnType<StaleOf>>[] = [];
  const rewrite: Tools['rewrite'] = async (_resources, staleOf) => {
    asked.push(await staleOf({...resources.secrets, verbs: []}, signal));
    etcd.put('/registry/secrets/shop/db', stored('db'));
  };
  const open = await openChange(plane, signal);
  expect(await continueChange(plane, open, 'forward', tools(rewrite), progress, signal)).toMatchObject({
    outcome: 'done',
    proof: {scanned: 5},
  });
  expect(asked).toEqual([[{namespace: 'shop', name: 'db'}]]);
});

test.each(['before the next change writes its own', 'when its change is taken back'])(
  'a canary that a killed run left goes %s',
  async (when) => {
    const played = playControlPlane([undefined]);
    const cluster = played.plane.cluster as FakeCluster;
    const leave = (kind: string, name: string) => cluster.put({kind, metadata: {namespace: 'kube-system', name, uid: name}});
    const leaveAll = () => {
      leave('Secret', 'kops-canary-0123456789ab');
      leave('ConfigMap', 'kops-canary-0123456789ab');
      leave('Secret', 'kops-canary-of-somebody');
    };
    if (when.startsWith('before')) leaveAll();
    await interruptedSetup(played);
    if (when.startsWith('when')) {
      leaveAll();
      await continueChange(played.plane, await openChange(played.plane, signal), 'back', tools(fail), progress, signal);
    }
    const left = await cluster.listMetadata('secrets', {namespace: 'kube-system'});
    expect(left.map(({metadata}) => metadata?.name)).toEqual(['kops-canary-of-somebody']);
    expect(await cluster.listMetadata('configmaps', {namespace: 'kube-system'})).toEqual([]);
  },
);

describe('a control plane that is gone for good in the middle of a change', () => {
  const without = ({plane}: PlayedControlPlane, name: string) => ({
    ...plane,
    nodes: plane.nodes.filter((node) => node.name !== name),
  });
  const node = (status: 'True' | 'Unknown') => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {name: 'cp-1'},
    status: {conditions: [{type: 'Ready', status}]},
  });

  test('stops the change, which says how it goes on; as long as its kubelet works it is not left out', async () => {
    const played = playControlPlane([undefined, undefined]);
    await interruptedSetup(played);
    const rest = without(played, 'cp-1');
    const open = await openChange(rest, signal);
    await expect(openWork(rest, open, tools(fail), signal)).rejects.toMatchObject({
      why: 'cp-1 is not among its nodes any more',
      next: expect.stringContaining('kops encrypt-at-rest resume --without cp-1, or abort --without cp-1'),
    });
    const cluster = played.plane.cluster as FakeCluster;
    cluster.put(node('True'));
    await expect(planDeparture(rest, open, 'cp-1', signal)).rejects.toMatchObject({why: 'the cluster says that it is Ready'});
    await expect(planDeparture(rest, open, 'cp-9', signal)).rejects.toMatchObject({exitCode: 2});

    // Its journal is gone with it: from its files cp-2 knows that something may be stored under the new key.
    cluster.put(node('Unknown'));
    const departure = await planDeparture(rest, open, 'cp-1', signal);
    await leaveOut(rest, departure, signal);
    const {transaction} = departure;
    expect(await openChange(rest, signal)).toEqual(JSON.parse(JSON.stringify(transaction)));
    const run = await continueChange(rest, transaction, 'back', tools(fail), progress, signal);
    expect(run).toMatchObject({outcome: 'rolled back', nodes: ['cp-2'], steps: [{name: 'retreat'}, {}, {}]});
    expect(played.configuration(1)).toContain('identity: {}');
    const journal = await readJournal(rest.nodes[0]?.node ?? expect.unreachable(), transaction.id, signal);
    expect(journal).toContainEqual(expect.objectContaining({step: 'leave out', node: 'cp-1', state: 'done'}));
    await expect(leaveOut(rest, departure, signal)).rejects.toThrow('is not open any more');
  });

  test('is left out, and the change goes on to its end on the others', async () => {
    const played = playControlPlane([undefined, undefined]);
    await interruptedSetup(played);
    const rest = without(played, 'cp-2');
    const departure = await planDeparture(rest, await openChange(rest, signal), 'cp-2', signal);
    await leaveOut(rest, departure, signal);
    const rewrite = async () => void played.etcd.put('/registry/secrets/shop/db', stored('db'));
    const run = await continueChange(rest, departure.transaction, 'forward', tools(rewrite), progress, signal);
    expect(run).toMatchObject({outcome: 'done', nodes: ['cp-1'], proof: {scanned: 1}});
    expect(run.steps.map(({name}) => name)).toEqual(['rewrite', 'verify', 'kubeadm-config', 'finish']);
  });
});
