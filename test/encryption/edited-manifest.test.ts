import {describe, expect, test} from 'vitest';
import {planAbort} from '../../src/encryption/abort-plan.ts';
import {applyChange, observeForChange, prepareChange, type Tools} from '../../src/encryption/change.ts';
import {renderConfiguration} from '../../src/encryption/configuration/configuration.ts';
import {continueChange, openChange, openWork} from '../../src/encryption/continue.ts';
import {API_SERVER_MANIFEST} from '../../src/encryption/control-plane.ts';
import {disableEncryption, enableEncryption} from '../../src/encryption/manifest/manifest.ts';
import type {Operation} from '../../src/encryption/transaction/record.ts';
import {disableStages, rotateStages, setupStages} from '../../src/encryption/transaction/stages.ts';
import {readFile, writeFile} from '../../src/nodes/files.ts';
import type {Progress} from '../../src/progress.ts';
import {kubeadm} from '../support/api-server-manifests.ts';
import {CONFIGURATION, type PlayedControlPlane, playControlPlane} from '../support/played-control-plane.ts';
import {secretboxWith} from '../support/servers.ts';
import {keyNamed, plainSecret, secretbox} from '../support/stored.ts';

const {signal} = new AbortController();
/** Kills the run before this step. */
const until = (title: string | undefined): Progress => ({
  async run(steps) {
    for (const step of steps) {
      if (step.title === title) throw new Error('killed');
      await step.run(() => {});
    }
  },
});
const KEY = '/registry/secrets/shop/db';
const base = secretboxWith(['old', 'identity']);
const enabled = enableEncryption(kubeadm, CONFIGURATION);
const choice = {provider: 'secretbox', key: keyNamed('new')} as const;
const operations = {
  setup: {given: {}, before: kubeadm, stages: setupStages(undefined, ['secrets'], choice, false), after: enabled},
  rotate: {
    given: {[API_SERVER_MANIFEST]: enabled, [CONFIGURATION]: renderConfiguration(base)},
    before: enabled,
    stages: rotateStages(base, ['secrets'], choice, false),
    after: enabled,
  },
  disable: {
    given: {[API_SERVER_MANIFEST]: enabled, [CONFIGURATION]: renderConfiguration(base)},
    before: enabled,
    stages: disableStages(base),
    after: disableEncryption(enabled),
  },
};
const RESTART = 'kube-apiserver restarted on cp-1';

/** A change that was killed before this step. */
async function killed(operation: Operation, before: string) {
  const {given, stages} = operations[operation];
  const played = playControlPlane([undefined], given);
  const {plane, etcd} = played;
  if (operation !== 'setup') etcd.put(KEY, secretbox('old', plainSecret('db')));
  const observed = await observeForChange(plane, signal);
  const options = {rewrite: true, snapshot: undefined, confirmWithin: 30, now: new Date(0)};
  const prepared = await prepareChange(plane, observed, {operation, resources: ['secrets'], stages}, options, signal);
  await expect(applyChange(plane, prepared, rewriting(played, operation), until(before), signal)).rejects.toThrow('killed');
  return played;
}

const rewriting = ({etcd}: PlayedControlPlane, operation: Operation): Tools => ({
  rewrite: async () => void etcd.put(KEY, operation === 'disable' ? plainSecret('db') : secretbox('new', plainSecret('db'))),
  snapshot: () => Promise.reject(new Error('none is taken here')),
});

const own = (manifest: string) => manifest.replaceAll('172.18.0.3', '10.0.0.1'); // the played node's address
const louder = (manifest: string) => manifest.replace('    - kube-apiserver\n', '    - kube-apiserver\n    - --v=1 # louder\n');

async function edit({plane}: PlayedControlPlane, change: (manifest: string) => string): Promise<string> {
  const {node} = plane.nodes[0] ?? expect.unreachable();
  const text = (await readFile(node, API_SERVER_MANIFEST, signal))?.content.toString('utf8') ?? '';
  expect(change(text)).not.toBe(text);
  await writeFile(node, API_SERVER_MANIFEST, Buffer.from(change(text)), {mode: '600'}, signal);
  return change(text);
}

async function goOn(played: PlayedControlPlane, operation: Operation, direction: 'forward' | 'back') {
  const {plane} = played;
  const open = await openChange(plane, signal);
  return continueChange(plane, open, direction, rewriting(played, operation), until(undefined), signal);
}

describe('a manifest that somebody edited elsewhere while a change was open keeps that edit', () => {
  test.each<[Operation, string]>([
    ['setup', RESTART],
    ['disable', RESTART],
  ])('when %s is resumed before: %s', async (operation, step) => {
    const played = await killed(operation, step);
    await edit(played, louder);
    expect(await goOn(played, operation, 'forward')).toMatchObject({outcome: 'done', why: null});
    expect(played.files()[0]).toBe(own(louder(operations[operation].after)));
  });

  test.each<[Operation, string, 'before' | 'enabled']>([
    ['setup', 'new key readable everywhere', 'before'],
    ['rotate', 'new key written everywhere', 'before'],
    ['disable', 'kubeadm-config', 'enabled'],
  ])('when %s is taken back before: %s', async (operation, step, to) => {
    const played = await killed(operation, step);
    await edit(played, louder);
    const work = await openWork(played.plane, await openChange(played.plane, signal), rewriting(played, operation), signal);
    const {nodes} = await planAbort(work, [], signal);
    const changes = nodes[0]?.files.map(({path, change}) => (path === API_SERVER_MANIFEST ? change : path));
    const run = await goOn(played, operation, 'back');
    expect(run).toMatchObject({outcome: 'rolled back', why: null});
    expect(played.files()[0]).toBe(own(louder(to === 'before' ? operations[operation].before : enabled)));
    if (to === 'before') expect(run.steps[0]?.detail).toBe('but for what others edited since, which stays');
    if (operation === 'setup')
      expect(changes?.toSorted()).toEqual([CONFIGURATION, 'as it was before, but for what others edited']);
  });
});

test('an edit of the flag itself stays, and what is in the way is told with the file of before, also by a dry run', async () => {
  const played = await killed('setup', 'new key readable everywhere');
  const edited = await edit(played, (text) => text.replace('config=/etc/kubernetes/enc/', 'config=/etc/kubernetes/pki/'));
  const {id} = await openChange(played.plane, signal);
  const told = {
    what: `${API_SERVER_MANIFEST} on cp-1 was changed by somebody else`,
    next: expect.stringContaining(`/etc/kubernetes/kops/backup/${id}/kube-apiserver.yaml`),
  };
  const work = await openWork(played.plane, await openChange(played.plane, signal), rewriting(played, 'setup'), signal);
  await expect(planAbort(work, [], signal)).rejects.toMatchObject({message: told.what, next: told.next});
  expect(await goOn(played, 'setup', 'back')).toMatchObject({outcome: 'open', why: told});
  expect(played.files()[0]).toBe(edited);

  const {node} = played.plane.nodes[0] ?? expect.unreachable();
  const backup = await readFile(node, `/etc/kubernetes/kops/backup/${id}/kube-apiserver.yaml`, signal);
  await edit(played, () => backup?.content.toString('utf8') ?? '');
  expect(await goOn(played, 'setup', 'back')).toMatchObject({outcome: 'rolled back', why: null});
});

test('a configuration that somebody wrote names the one that takes its place, and with it the change goes on', async () => {
  const played = await killed('rotate', 'new key written everywhere');
  const {node} = played.plane.nodes[0] ?? expect.unreachable();
  await writeFile(node, CONFIGURATION, Buffer.from(`${played.configuration(0)}# mine\n`), {mode: '600'}, signal);
  const {id} = await openChange(played.plane, signal);
  const {why} = await goOn(played, 'rotate', 'back');
  const file = `/etc/kubernetes/kops/backup/${id}/stage-read.yaml`;
  expect(why?.next).toContain(`put ${file} of that node there`);
  const stage = await readFile(node, file, signal);
  await writeFile(node, CONFIGURATION, stage?.content ?? Buffer.alloc(0), {mode: '600'}, signal);
  expect(await goOn(played, 'rotate', 'back')).toMatchObject({outcome: 'rolled back', why: null});
});
