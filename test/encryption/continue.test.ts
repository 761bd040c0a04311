import {expect, test} from 'vitest';
import {applyChange, observeForChange, prepareChange, type Tools} from '../../src/encryption/change.ts';
import {continueChange, openChange} from '../../src/encryption/continue.ts';
import {ETCD_MANIFEST} from '../../src/encryption/manifest/etcd-manifest.ts';
import type {StaleOf} from '../../src/encryption/rewrite/all.ts';
import {setupStages} from '../../src/encryption/transaction/stages.ts';
import type {EncryptionRun} from '../../src/encryption/transaction/transact.ts';
import {resources} from '../../src/kube/resources.ts';
import {readFile} from '../../src/nodes/files.ts';
import {Problem} from '../../src/problem.ts';
import type {Progress} from '../../src/progress.ts';
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

test('what a killed run left of a snapshot in the folder of etcd is removed by the next change, which says so', async () => {
  const manifest = JSON.stringify({
    metadata: {name: 'etcd'},
    spec: {containers: [{name: 'etcd', command: ['etcd', '--data-dir=/var/lib/etcd']}]},
  });
  const [copy, other] = ['/var/lib/etcd/kops-snapshot.db.part', '/var/lib/etcd/member/snap/db'];
  const played = playControlPlane([undefined], {[ETCD_MANIFEST]: manifest, [copy]: 'k8s', [other]: 'k8s'});
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

test('a rewrite that is resumed is about what is still stored otherwise, and the first one about all', async () => {
  const played = playControlPlane([undefined]);
  const {plane, etcd} = played;
  expect(await interruptedSetup(played)).toMatchObject({outcome: 'open', why: {what: 'refused'}});
  for (const name of ['a', 'b', 'c']) etcd.put(`/registry/secrets/shop/${name}`, stored(name));
  const asked: Awaited<ReturnType<StaleOf>>[] = [];
  const rewrite: Tools['rewrite'] = async (_resources, staleOf) => {
    asked.push(await staleOf({...resources.secrets, verbs: []}, signal));
    etcd.put('/registry/secrets/shop/db', stored('db'));
  };
  const open = await openChange(plane, signal);
  expect(await continueChange(plane, open, 'forward', tools(rewrite), progress, signal)).toMatchObject({
    outcome: 'done',
    proof: {scanned: 4},
  });
  expect(asked).toEqual([[{namespace: 'shop', name: 'db'}]]);
});
