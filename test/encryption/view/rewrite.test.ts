import {expect, test} from 'vitest';
import type {RewriteRun} from '../../../src/encryption/rewrite/run.ts';
import {renderRewrite, renderRewritePlan} from '../../../src/encryption/view/rewrite.ts';
import {screen} from '../../support/pictures.ts';

const secrets = {
  resource: 'secrets',
  total: 214,
  rewritten: 214,
  unchanged: 0,
  gone: 0,
  othersWrote: 0,
  conflicts: 0,
  failed: [] as {key: string; why: string}[],
};
const run = (over: Partial<RewriteRun> = {}): RewriteRun => ({
  kind: 'EncryptionRun',
  context: 'kind-kops',
  operation: 'rewrite',
  transaction: null,
  engine: 'client',
  dryRun: false,
  steps: [],
  outcome: 'done',
  resources: [secrets],
  seconds: 1,
  ...over,
});
const show = (over?: Partial<RewriteRun>) => renderRewrite(run(over), screen());

test('what is going to be written, and how', () => {
  const plan = {
    kind: 'EncryptionPlan',
    context: 'kind-kops',
    operation: 'rewrite',
    engine: 'client',
    namespace: null,
    resources: [
      {resource: 'secrets', total: 214},
      {resource: 'configmaps', total: 12},
    ],
  } as const;
  expect(renderRewritePlan(plan, screen())).toMatchInlineSnapshot(`
    "Rewrite 214 secrets and 12 configmaps in kind-kops
      how  each object goes back as it is; the API server stores anew what it would
           store otherwise now"
  `);
  expect(
    renderRewritePlan({...plan, engine: 'storage-migration', namespace: 'shop', resources: []}, screen()),
  ).toMatchInlineSnapshot(`
    "Rewrite nothing in namespace shop of kind-kops
      how  the cluster's controller manager does it (StorageVersionMigration)"
  `);
});

test('all of it done', () => {
  const configmaps = {...secrets, resource: 'configmaps', total: 12, rewritten: 9, unchanged: 2, gone: 1};
  expect(show({resources: [secrets, configmaps]})).toMatchInlineSnapshot(`
    "✓ 214 secrets rewritten and 9 configmaps rewritten (2 as they should be already, 1 gone meanwhile)  kind-kops
      proof  kops encrypt-at-rest verify"
  `);
});

test('nothing of it was stale', () => {
  expect(show({resources: [{...secrets, rewritten: 0, unchanged: 214}]})).toMatchInlineSnapshot(`
    "✓ all 214 secrets were as they should be already  kind-kops
      proof  kops encrypt-at-rest verify"
  `);
});

test("by the cluster's own engine", () => {
  const unknown = {rewritten: null, unchanged: null, gone: null, othersWrote: null, conflicts: null};
  expect(show({resources: [{...secrets, ...unknown}]})).toMatchInlineSnapshot(`
    "✓ 214 secrets rewritten by the cluster  kind-kops
      proof  kops encrypt-at-rest verify"
  `);
});

test('a trial', () => {
  expect(show({dryRun: true})).toMatchInlineSnapshot(`
    "✓ 214 secrets would be taken  kind-kops
      next  nothing was stored: kops encrypt-at-rest rewrite"
  `);
});

test('some were refused', () => {
  const failed = [
    {
      key: 'shop/db',
      why: 'admission webhook "policy.example" denied the request: every Secret needs an owner, and this one has none',
    },
    {key: 'shop/tls', why: 'data: Too long'},
  ];
  expect(show({outcome: 'incomplete', resources: [{...secrets, rewritten: 212, failed}]})).toMatchInlineSnapshot(`
    "✗ 2 of 214 were not rewritten  kind-kops
      secrets shop/db
        admission webhook "policy.example" denied the request: every Secret needs an
        owner, and this one has none
      secrets shop/tls
        data: Too long
      next  mend what refuses them, and run it again: what is done stays done"
  `);
});

test('of very many that were refused the first', () => {
  const failed = Array.from({length: 214}, (_, i) => ({key: `shop/s-${i}`, why: 'no'}));
  const text = show({outcome: 'incomplete', resources: [{...secrets, rewritten: 0, failed}]});
  expect(text).toContain('✗ 214 of 214 were not rewritten');
  expect(text).toContain('… and 194 more: -o json names them all');
});
