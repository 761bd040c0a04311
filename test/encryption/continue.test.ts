import {hostname} from 'node:os';
import {describe, expect, test} from 'vitest';
import {applyChange, observeForChange, prepareChange, type Tools} from '../../src/encryption/change.ts';
import {continueChange, openChange, openWork} from '../../src/encryption/continue.ts';
import {API_SERVER_MANIFEST} from '../../src/encryption/control-plane.ts';
import {ETCD_MANIFEST} from '../../src/encryption/manifest/etcd-manifest.ts';
import {planResume} from '../../src/encryption/resume-plan.ts';
import type {StaleOf} from '../../src/encryption/rewrite/all.ts';
import {removeCopies} from '../../src/encryption/stacked-etcd.ts';
import {manifestsOf} from '../../src/encryption/transaction/prepare.ts';
import {ABSENT} from '../../src/encryption/transaction/record.ts';
import {setupStages} from '../../src/encryption/transaction/stages.ts';
import {digestOf, readJournal} from '../../src/encryption/transaction/store.ts';
import type {EncryptionRun} from '../../src/encryption/transaction/transact.ts';
import {leaveOut, planDeparture} from '../../src/encryption/without.ts';
import {resources} from '../../src/kube/resources.ts';
import {readFile, removeFile, writeFile} from '../../src/nodes/files.ts';
import {guardedSwap} from '../../src/nodes/guard/guard.ts';
import type {Node} from '../../src/nodes/node.ts';
import {Problem} from '../../src/problem.ts';
import type {Progress} from '../../src/progress.ts';
import type {FakeCluster} from '../support/fake-cluster.ts';
import {CONFIGURATION, type Fault, type PlayedControlPlane, playControlPlane} from '../support/played-control-plane.ts';
import {keyNamed, plainSecret, secretbox} from '../support/stored.ts';

const {signal} = new AbortController();
const progress: Progress = {
  async run(steps) {
    for (const step of steps) await step.run(() => {});
  },
};
const killedAt = (title: string): Progress => ({
  async run(steps) {
    for (const step of steps) {
      if (step.title === title) throw new Error('killed');
      await step.run(() => {});
    }
  },
});
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

test('what going on would still do is told, and nothing of it is done', async () => {
  const played = playControlPlane([undefined]);
  const {plane} = played;
  await interruptedSetup(played);
  const before = played.files();
  const work = async () => openWork(plane, await openChange(plane, signal), tools(fail), signal);
  const names = async () => {
    const plan = await planResume(await work(), [], signal);
    return plan.kind === 'EncryptionResumePlan' ? plan.steps.map(({name}) => name) : plan.kind;
  };
  expect(await names()).toEqual(['rewrite', 'verify', 'kubeadm-config', 'finish']);
  expect(played.files()).toEqual(before);
  const stopped = killedAt('transaction closed');
  const open = await openChange(plane, signal);
  await expect(continueChange(plane, open, 'back', tools(fail), stopped, signal)).rejects.toThrow('killed');
  expect(await names()).toBe('EncryptionAbortPlan');
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

describe('an API server that was started while a change was under way', () => {
  /** Two control planes; from then on when `joins` is called there is a Lease of a third. Its nodes pass for real ones. */
  function joinable() {
    const hosts = [hostname()];
    let status = 200;
    const renewTime = '2026-11-23T10:00:00.000000Z';
    const leases: Fault = {
      answer({path}) {
        if (!path.includes('/leases?')) return undefined;
        const items = hosts.map((host) => ({metadata: {labels: {'kubernetes.io/hostname': host}}, spec: {renewTime}}));
        return {status, body: {items}};
      },
    };
    const played = playControlPlane([leases, undefined]);
    const nodes = played.plane.nodes.map((own) => {
      const {root} = own.node;
      const run: Node['run'] = (script, args, options, s) => {
        const [first = '', second = '', ...rest] = args;
        // A script gets the root, or a path below it, as its first word, or as its second after a verb.
        const words = first === '' || first.startsWith('/') ? [root + first, second] : [first, root + second];
        return own.node.run(script, [...words, ...rest].slice(0, args.length), options, s);
      };
      return {...own, node: {...own.node, root: '', run}};
    });
    const real = {...played, plane: {...played.plane, nodes}};
    return {played, real, joins: () => hosts.push('stranger'), forbid: () => (status = 403)};
  }
  const unknown = 'kops does not know of the API server on stranger';

  test('stops it when it is resumed, and when it was verified, before anything is dropped', async () => {
    const {played, real, joins} = joinable();
    await interruptedSetup(played);
    const open = await openChange(real.plane, signal);
    const rewrite = async () => {
      played.etcd.put('/registry/secrets/shop/db', stored('db'));
      joins();
    };
    const verified = await continueChange(real.plane, open, 'forward', tools(rewrite), progress, signal);
    expect(verified).toMatchObject({outcome: 'open', proof: null, why: {what: unknown}});
    expect(verified.steps.at(-1)).toMatchObject({name: 'verify', state: 'failed'});
    expect(verified.why?.next).toContain('stop that API server until kops encrypt-at-rest resume is done');
    await expect(continueChange(real.plane, open, 'forward', tools(fail), progress, signal)).rejects.toThrow(unknown);
    expect(await continueChange(real.plane, open, 'back', tools(fail), progress, signal)).toMatchObject({outcome: 'rolled back'});
  });

  test('could be that of a node that is to be left out, where nobody may list Leases', async () => {
    const {played, real, forbid} = joinable();
    await interruptedSetup(played);
    forbid();
    const rest = {...real.plane, nodes: real.plane.nodes.slice(1)};
    await expect(planDeparture(rest, await openChange(rest, signal), 'cp-1', signal)).rejects.toMatchObject({
      why: 'their Leases in kube-system could not be listed: 403',
      exitCode: 5,
    });
  });
});

describe('a server that has files of before again', () => {
  const putBack = async (node: Node, path: string, content: string | undefined) => {
    if (content === undefined) return removeFile(node, path, {}, signal);
    return writeFile(node, path, Buffer.from(content), {mode: '600'}, signal);
  };

  test('is not taken for one that reads the new key: no other one writes with it', async () => {
    const written: string[] = [];
    const watches = {
      ignores: (text: string) => {
        if (written.at(-1) !== text) written.push(text);
        return false;
      },
    };
    const played = playControlPlane([watches, undefined]);
    const [manifest] = playControlPlane([undefined]).files();
    await expect(interruptedSetup(played, killedAt('new key written everywhere'))).rejects.toThrow('killed');
    const {node} = played.plane.nodes[1] ?? expect.unreachable();
    await putBack(node, API_SERVER_MANIFEST, manifest?.replaceAll('10.0.0.1', '10.0.0.2'));
    await putBack(node, CONFIGURATION, undefined);
    const run = await continueChange(
      played.plane,
      await openChange(played.plane, signal),
      'forward',
      tools(fail),
      progress,
      signal,
    );
    expect(run).toMatchObject({outcome: 'rolled back', why: {what: `${CONFIGURATION} on cp-2 was changed by somebody else`}});
    expect(run.steps.map(({name, state}) => `${name} ${state}`).slice(0, 2)).toEqual(['write failed', 'retreat done']);
    expect(new Set(written).size).toBe(1);
    expect(played.configuration(1)).toBe(played.configuration(0));
    expect(played.files()[2]).toContain('--encryption-provider-config=');
  });

  test('gets its flag again on the way back, where a server may have written with the new key', async () => {
    const played = playControlPlane([undefined, undefined]);
    const [manifest] = playControlPlane([undefined]).files();
    await interruptedSetup(played);
    const {node} = played.plane.nodes[1] ?? expect.unreachable();
    await putBack(node, API_SERVER_MANIFEST, manifest?.replaceAll('10.0.0.1', '10.0.0.2'));
    const run = await continueChange(played.plane, await openChange(played.plane, signal), 'back', tools(fail), progress, signal);
    expect(run).toMatchObject({outcome: 'rolled back', why: null});
    expect(played.files()[2]).toContain('--encryption-provider-config=');
  });
});

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

  test('is left out once what still waits for a confirmation elsewhere is put back, and counted as not done', async () => {
    const played = playControlPlane([undefined, undefined, undefined]);
    await expect(interruptedSetup(played, killedAt('kube-apiserver restarted on cp-3'))).rejects.toThrow('killed');
    const open = await openChange(played.plane, signal);
    const {stages, originals} = await openWork(played.plane, open, tools(fail), signal);
    const [, , third] = played.plane.nodes;
    const original = originals.get('cp-3')?.manifest;
    if (third === undefined || original === undefined) return expect.unreachable();
    const {enabled} = manifestsOf(original, 'setup', CONFIGURATION, []);
    const swaps = [
      {path: CONFIGURATION, expect: ABSENT, content: stages.read, mode: '600'},
      {path: API_SERVER_MANIFEST, expect: digestOf(original), content: enabled, mode: '600'},
    ];
    await guardedSwap(third.node, {id: 'unconfirmed', swaps, confirmWithin: 60}, signal);

    const rest = without(played, 'cp-1');
    const departure = await planDeparture(rest, open, 'cp-1', signal);
    expect(played.configuration(2)).toBeDefined();
    await leaveOut(rest, departure, signal);
    expect(played.configuration(2)).toBeUndefined();
    const rewrite = async () => void played.etcd.put('/registry/secrets/shop/db', stored('db'));
    const run = await continueChange(rest, departure.transaction, 'forward', tools(rewrite), progress, signal);
    expect(run).toMatchObject({outcome: 'done', nodes: ['cp-2', 'cp-3'], why: null});
    expect(run.steps.map(({name, node}) => [name, node].filter(Boolean).join(' '))).toContain('enable cp-3');
    expect(played.configuration(2)).toBe(played.configuration(1));
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
