import {expect, test} from 'vitest';
import type {EncryptionPlan} from '../../../src/encryption/plan.ts';
import type {EncryptionRun} from '../../../src/encryption/transaction/transact.ts';
import {renderPlan} from '../../../src/encryption/view/plan.ts';
import {renderRun} from '../../../src/encryption/view/run.ts';
import {createTheme} from '../../../src/text/screen.ts';

const screen = {theme: createTheme(false), width: 80, now: 0};
const plan: EncryptionPlan = {
  kind: 'EncryptionPlan',
  context: 'kind-kops',
  operation: 'setup',
  nodes: ['kops-control-plane'],
  access: ['docker'],
  writeKey: {provider: 'secretbox', keyName: 'key-20261123-1'},
  retires: [],
  resources: [{resource: 'secrets', total: 214, stale: 214}],
  files: [
    {path: '/etc/kubernetes/enc/encryption.yaml', change: 'new, 0600'},
    {path: '/etc/kubernetes/manifests/kube-apiserver.yaml', change: '+ 2 flags, 1 mount'},
    {path: 'kubeadm-config', change: 'upgrades keep it'},
  ],
  restarts: ['kops-control-plane'],
  rewrite: true,
  canary: 'secrets',
  snapshot: 'kops-snapshot-20261123-143012.db',
  confirmWithin: 90,
  reloadWithin: 165,
  strict: false,
  unchanged: false,
};
const run: EncryptionRun = {
  kind: 'EncryptionRun',
  context: 'kind-kops',
  operation: 'setup',
  transaction: '20261123-143012-3f9c',
  steps: [],
  snapshot: '/root/kops-snapshot-20261123-143012.db',
  proof: {scanned: 214, revision: 48211},
  outcome: 'done',
  writeKey: plan.writeKey,
  retired: [],
  resources: ['secrets'],
  configurationFile: '/etc/kubernetes/enc/encryption.yaml',
  nodes: plan.nodes,
  why: null,
};

test('the plan of a first setup', () => {
  expect(renderPlan(plan, screen)).toMatchInlineSnapshot(`
    "Encrypt secrets at rest in kind-kops (1 control plane)

      nodes        reached by docker
      provider     secretbox, key key-20261123-1 (stays on the control plane)
      changes      /etc/kubernetes/enc/encryption.yaml            new, 0600
                   /etc/kubernetes/manifests/kube-apiserver.yaml  + 2 flags, 1 mount
                   kubeadm-config                                 upgrades keep it
      then         rewrites 214 secrets, verifies all of them in etcd
      downtime     about 15 s of API: one control plane, no failover
      if it fails  each node puts its old files back after 90s, even without kops
                   after 2m45s where its server reads the new one while it runs
      before       etcd snapshot to kops-snapshot-20261123-143012.db
                   it holds every secret as it is stored now"
  `);
});

test('the plan of a rotation on three control planes', () => {
  const rotation: EncryptionPlan = {
    ...plan,
    operation: 'rotate',
    nodes: ['cp-1', 'cp-2', 'cp-3'],
    writeKey: {provider: 'secretbox', keyName: 'key-20261124-1'},
    retires: [{provider: 'secretbox', keyName: 'key-20261123-1'}],
    files: [{path: '/etc/kubernetes/enc/encryption.yaml', change: 'changed'}],
    restarts: [],
    snapshot: null,
  };
  expect(renderPlan(rotation, screen)).toMatchInlineSnapshot(`
    "Rotate to key-20261124-1: secrets in kind-kops (3 control planes)

      nodes        reached by docker
      provider     secretbox, key key-20261124-1 (stays on the control plane)
      drops        key-20261123-1 once nothing is stored under it; archived on the
                   nodes
      changes      /etc/kubernetes/enc/encryption.yaml  changed
      then         rewrites 214 secrets, verifies all of them in etcd
      downtime     none: the servers read each new file by themselves within a
                   minute
      if it fails  each node puts its old files back after 2m45s, even without kops
      before       no etcd snapshot"
  `);
});

test('the plan of a setup where all is set up already', () => {
  const resources = [{resource: 'secrets', total: 214, stale: 0}];
  expect(
    renderPlan({...plan, files: [], restarts: [], reloadWithin: null, resources, snapshot: null, unchanged: true}, screen),
  ).toMatchInlineSnapshot(`
    "Already encrypted at rest: secrets in kind-kops (1 control plane)

      nodes     reached by docker
      provider  secretbox, key key-20261123-1 (stays on the control plane)
      changes   nothing: every file is as it is to be
      then      nothing to rewrite; verifies 214 secrets in etcd"
  `);
});

test('the plan of a setup that finds the files as they are to be, and some values in plaintext', () => {
  const resources = [
    {resource: 'secrets', total: 214, stale: 3},
    {resource: 'configmaps', total: 1, stale: 1},
  ];
  expect(
    renderPlan({...plan, files: [], restarts: [], reloadWithin: null, resources, snapshot: null}, screen),
  ).toMatchInlineSnapshot(`
    "Encrypt secrets and configmaps at rest in kind-kops (1 control plane)

      nodes     reached by docker
      provider  secretbox, key key-20261123-1 (stays on the control plane)
      changes   nothing: every file is as it is to be
      then      rewrites 3 of 214 secrets and 1 configmap, verifies all of them in
                etcd
      downtime  none
      before    no etcd snapshot"
  `);
});

test('a setup that is done', () => {
  expect(renderRun(run, screen)).toMatchInlineSnapshot(`
    "✓ 214 of 214 secrets encrypted in etcd with key-20261123-1, 0 plaintext
      (revision 48211)
      key       /etc/kubernetes/enc/encryption.yaml on kops-control-plane: back it
                up, apart from etcd's backups
      older     revisions and snapshots are as they were before
                kops encrypt-at-rest verify --residue
      undo      kops encrypt-at-rest disable
      snapshot  /root/kops-snapshot-20261123-143012.db
                holds every secret as it was stored: delete it once nothing needs it"
  `);
});

test('of a KMS nothing is to be backed up but the KMS itself', () => {
  const writeKey = {provider: 'kms v2', keyName: 'vault'};
  expect(renderPlan({...plan, writeKey}, screen)).toContain('kms v2, vault (the key stays in the KMS)');
  expect(renderRun({...run, writeKey, snapshot: null}, screen)).toMatchInlineSnapshot(`
    "✓ 214 of 214 secrets encrypted in etcd with vault, 0 plaintext (revision 48211)
      key    behind the KMS plugin vault: without that KMS no backup of etcd can be
             read
      older  revisions and snapshots are as they were before
             kops encrypt-at-rest verify --residue
      undo   kops encrypt-at-rest disable"
  `);
});

const disabled: EncryptionRun = {...run, operation: 'disable', writeKey: {provider: 'identity', keyName: null}, snapshot: null};

test('a plan says where nothing can be written and read back to try it', () => {
  expect(renderPlan({...plan, canary: null}, screen)).toContain('canary       none: neither Secrets nor ConfigMaps change');
  expect(renderPlan(plan, screen)).not.toContain('canary');
});

test('what a disable archives, and that a KMS is not in an archive', () => {
  const kms = {provider: 'kms v2', keyName: 'vault'};
  const key = {provider: 'aescbc', keyName: 'key1'};
  expect(renderRun({...disabled, retired: [kms, key]}, screen)).toMatchInlineSnapshot(`
    "✓ 214 of 214 secrets stored in plaintext again (revision 48211)
      archive  key1: /etc/kubernetes/kops/archive
               older snapshots need it
      KMS      vault: keep it, and its key
               older snapshots need the KMS itself: no archive has its key
      undo     kops encrypt-at-rest setup"
  `);
  expect(renderRun({...disabled, retired: [kms]}, screen)).not.toContain('archive  ');
  expect(renderPlan({...plan, operation: 'disable', retires: [kms]}, screen)).toMatchInlineSnapshot(`
    "Store secrets in plaintext again in kind-kops (1 control plane)

      nodes        reached by docker
      writes       plaintext (identity)
      drops        vault once nothing is stored under it; the KMS behind vault stays
                   needed for older snapshots
      changes      /etc/kubernetes/enc/encryption.yaml            new, 0600
                   /etc/kubernetes/manifests/kube-apiserver.yaml  + 2 flags, 1 mount
                   kubeadm-config                                 upgrades keep it
      then         rewrites 214 secrets, verifies all of them in etcd
      downtime     about 15 s of API: one control plane, no failover
      if it fails  each node puts its old files back after 90s, even without kops
                   after 2m45s where its server reads the new one while it runs
      before       etcd snapshot to kops-snapshot-20261123-143012.db
                   it holds every secret as it is stored now"
  `);
  expect(renderPlan({...plan, operation: 'disable', retires: [kms, key]}, {...screen, width: 200})).toContain(
    'drops        key1 and vault once nothing is stored under it; key1 archived on the nodes; the KMS behind vault stays needed',
  );
});

test('a disable that rewrote nothing tells how to end it', () => {
  expect(renderRun({...disabled, proof: null}, screen)).toMatchInlineSnapshot(`
    "✓ secrets: new ones are plaintext
      next  kops encrypt-at-rest disable rewrites what is still encrypted, and takes
            the flag out
      undo  kops encrypt-at-rest setup"
  `);
});

test('a setup that was taken back by itself', () => {
  const why = {what: 'the API server on cp-1 did not take its new configuration', why: 'after 86 s: does not answer', next: null};
  expect(renderRun({...run, outcome: 'rolled back', steps: [], why}, screen)).toMatchInlineSnapshot(`
    "✗ setup was taken back: all that it had changed is as it was before
      snapshot  /root/kops-snapshot-20261123-143012.db
                holds every secret as it was stored: delete it once nothing needs it
      why       the API server on cp-1 did not take its new configuration: after 86
                s: does not answer"
  `);
});

test('one that could not begin', () => {
  const why = {what: 'interrupted', why: null, next: null};
  const steps = [{name: 'begin', node: null, state: 'failed', seconds: 1, detail: ''}] as const;
  expect(renderRun({...run, outcome: 'rolled back', steps, snapshot: null, why}, screen)).toMatchInlineSnapshot(`
    "✗ setup could not begin: nothing was changed
      why  interrupted"
  `);
});

test('one that stopped half-way', () => {
  const why = {what: 'interrupted', why: null, next: null};
  expect(renderRun({...run, outcome: 'open', steps: [], why}, screen)).toMatchInlineSnapshot(`
    "✗ setup stopped half-way, and is open
      snapshot  /root/kops-snapshot-20261123-143012.db
                holds every secret as it was stored: delete it once nothing needs it
      why       interrupted
      next      kops encrypt-at-rest resume, or back: kops encrypt-at-rest abort"
  `);
});

test('an abort that did as it was asked tells what stays stored', () => {
  const steps = [{name: 'retreat', node: null, state: 'done', seconds: 1, detail: ''}] as const;
  const back = {...run, outcome: 'rolled back', steps, snapshot: null} as const;
  expect(renderRun({...back, operation: 'setup'}, screen)).toMatchInlineSnapshot(`
    "✓ setup was taken back: both keys are readable everywhere, nothing was lost
      left  the flag, and key-20261123-1 in /etc/kubernetes/enc/encryption.yaml:
            what it had rewritten is under it, new ones are written as before
            kops encrypt-at-rest setup goes on with that key, disable takes all of
            it out"
  `);
  expect(renderRun({...back, operation: 'rotate'}, screen)).toMatchInlineSnapshot(`
    "✓ rotate was taken back: both keys are readable everywhere, nothing was lost
      left  key-20261123-1 in /etc/kubernetes/enc/encryption.yaml: what it had
            rewritten is under it, new ones are written as before
            kops encrypt-at-rest rewrite brings that under the old key, the next
            rotate drops this one"
  `);
  expect(renderRun({...back, operation: 'rotate', steps: []}, screen)).not.toContain('left');
  expect(renderRun({...back, operation: 'disable', writeKey: disabled.writeKey}, screen)).toMatchInlineSnapshot(`
    "✓ disable was taken back: new ones are encrypted again, nothing was lost
      left  what it had rewritten is plaintext in etcd
            kops encrypt-at-rest setup encrypts it, and verifies all"
  `);
});
