import {expect, test} from 'vitest';
import {applyChange, observeForChange, prepareChange, type Tools} from '../../src/encryption/change.ts';
import {continueChange, openChange} from '../../src/encryption/continue.ts';
import type {StaleOf} from '../../src/encryption/rewrite/all.ts';
import {setupStages} from '../../src/encryption/transaction/stages.ts';
import type {EncryptionRun} from '../../src/encryption/transaction/transact.ts';
import {resources} from '../../src/kube/resources.ts';
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
async function interruptedSetup({plane}: PlayedControlPlane): Promise<EncryptionRun> {
  const observed = await observeForChange(plane, signal);
  const stages = setupStages(undefined, ['secrets'], choice, false);
  const options = {rewrite: true, snapshot: undefined, confirmWithin: 30, now: new Date(0)};
  const prepared = await prepareChange(plane, observed, {operation: 'setup', resources: ['secrets'], stages}, options, signal);
  const refused = tools(() => Promise.reject(new Problem('refused', {exitCode: 3})));
  return applyChange(plane, prepared, refused, progress, signal);
}

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
