import {expect, test} from 'vitest';
import type {RolloutPause} from '../../../src/rollout/pause.ts';
import type {RolloutRestart} from '../../../src/rollout/restart.ts';
import type {RolloutUndo} from '../../../src/rollout/undo.ts';
import {planUndo} from '../../../src/rollout/undo-plan.ts';
import {renderPause, renderRestart} from '../../../src/rollout/view/restart.ts';
import {renderUndo, renderUndoPlan} from '../../../src/rollout/view/undo.ts';
import {createTheme, type Screen} from '../../../src/text/screen.ts';
import {ago, deployment, NOW, replicaSet, situation} from '../../support/builders.ts';

const screen: Screen = {theme: createTheme(false), width: 80, now: NOW};
const workload = {kind: 'Deployment', namespace: 'shop', name: 'web'} as const;
const changes = [{path: 'template.spec.containers[web].image', before: 'web:2.1', after: 'web:2.0'}];
const warnings = [
  {
    reason: 'ManifestDiffers',
    message: 'kubectl apply will bring web:2.1 back: it holds spec.template.spec.containers[web].image',
    hint: 'set it to web:2.0 in the manifest, on disk and in git',
  },
  {
    reason: 'ConfigChanged',
    message: 'configmap/web-config was changed after revision 4',
    hint: 'its pods will start with what it holds now',
    at: ago(7200),
  },
];
const undone: RolloutUndo = {
  kind: 'RolloutUndo',
  context: 'kind-kops',
  workload,
  from: 5,
  to: 4,
  newRevision: 6,
  outcome: 'undone',
  changes,
  warnings,
  stuckPods: [],
  deletedPods: [],
  notDeleted: [],
  dryRun: 'none',
  undoCommand: 'kops rollout undo deploy/web -n shop --to-revision 5',
};

test('the plan of an undo shows what it changes and what it leaves to do', () => {
  const revisions = [
    replicaSet({hash: 'a', revision: 4, image: 'web:2.0'}),
    replicaSet({hash: 'b', revision: 5, image: 'web:2.1'}),
  ];
  const plan = {...planUndo(situation(deployment({image: 'web:2.1'}), {revisions}), undefined), warnings};
  expect(renderUndoPlan(plan, 'kind-kops', screen)).toMatchInlineSnapshot(`
    "deployment/web  shop · kind-kops  undo: revision 5 → 4
      template.spec.containers[web]
    -   image: web:2.1
    +   image: web:2.0

    ⚠ kubectl apply will bring web:2.1 back: it holds
      spec.template.spec.containers[web].image
      → set it to web:2.0 in the manifest, on disk and in git
    ⚠ configmap/web-config was changed after revision 4 (120m ago)
      → its pods will start with what it holds now"
  `);
});

test('an undo says what it did and how to undo it', () => {
  expect(renderUndo(undone, screen)).toMatchInlineSnapshot(`
    "✓ deployment/web  shop · kind-kops  back at revision 4, now numbered 6
      undo  kops rollout undo deploy/web -n shop --to-revision 5"
  `);
});

test('pods that hold an undo up: deleted, or named', () => {
  const database = {
    ...undone,
    workload: {...workload, kind: 'StatefulSet', name: 'db'},
    stuckPods: ['db-1', 'db-2'],
    deletedPods: ['db-1'],
  } as const;
  expect(renderUndo(database, screen)).toMatchInlineSnapshot(`
    "✓ statefulset/db  shop · kind-kops  back at revision 4, now numbered 6
      deleted pod/db-1, which was not ready: statefulset/db makes it anew
    ⚠ pod/db-2 is not ready, so its StatefulSet does not replace it
      → kubectl delete pod db-2 -n shop
      undo  kops rollout undo deploy/web -n shop --to-revision 5"
  `);
});

test('a dry run shows all of the plan', () => {
  expect(renderUndo({...undone, outcome: 'dry-run', dryRun: 'server', stuckPods: ['web-0']}, screen)).toMatchInlineSnapshot(`
    "deployment/web  shop · kind-kops  undo: revision 5 → 4
      template.spec.containers[web]
    -   image: web:2.1
    +   image: web:2.0

    ⚠ kubectl apply will bring web:2.1 back: it holds
      spec.template.spec.containers[web].image
      → set it to web:2.0 in the manifest, on disk and in git
    ⚠ configmap/web-config was changed after revision 4 (120m ago)
      → its pods will start with what it holds now
    ⚠ pod/web-0 is not ready, so its StatefulSet does not replace it
      → kubectl delete pod web-0 -n shop

    nothing was changed: dry run, the API server would take it"
  `);
});

const unchanged: RolloutUndo = {...undone, to: 5, outcome: 'unchanged', changes: [], warnings: [], undoCommand: null};

test('nothing to undo', () => {
  expect(renderUndo(unchanged, screen)).toMatchInlineSnapshot(
    `"✓ deployment/web  shop · kind-kops  already at revision 5: nothing to undo"`,
  );
});

test('nothing to undo, but a pod that holds it up', () => {
  const stuckPods = ['db-1', 'db-2'];
  const notDeleted = [{pod: 'db-2', why: 'may not delete pods'}];
  expect(renderUndo({...unchanged, stuckPods, deletedPods: ['db-1'], notDeleted}, screen)).toMatchInlineSnapshot(`
    "✓ deployment/web  shop · kind-kops  already at revision 5: nothing to undo
      deleted pod/db-1, which was not ready: deployment/web makes it anew
    ⚠ pod/db-2 holds it up and was not deleted: may not delete pods
      → kubectl delete pod db-2 -n shop"
  `);
});

const restarted: RolloutRestart = {
  kind: 'RolloutRestart',
  context: 'kind-kops',
  workload,
  restartedAt: ago(0),
  from: 5,
  newRevision: 6,
  warnings: [],
  dryRun: 'none',
  undoCommand: 'kops rollout undo deploy/web -n shop --to-revision 5',
};

test('a restart says which revision it makes', () => {
  expect(renderRestart(restarted, screen)).toMatchInlineSnapshot(`
    "✓ deployment/web  shop · kind-kops  restarts as revision 6
      undo  kops rollout undo deploy/web -n shop --to-revision 5"
  `);
});

test('a restart on trial', () => {
  expect(renderRestart({...restarted, dryRun: 'client'}, screen)).toMatchInlineSnapshot(`
    "· deployment/web  shop · kind-kops  would restart as revision 6
      nothing was changed: dry run, the API server was not asked"
  `);
});

test('a restart that leaves the pods to the user', () => {
  const onDelete = {reason: 'OnDelete', message: 'its strategy is OnDelete', hint: 'kubectl delete pod db-0 -n shop'};
  expect(renderRestart({...restarted, warnings: [onDelete]}, screen)).toMatchInlineSnapshot(`
    "✓ deployment/web  shop · kind-kops  restarts as revision 6
    ⚠ its strategy is OnDelete
      → kubectl delete pod db-0 -n shop
      undo  kops rollout undo deploy/web -n shop --to-revision 5"
  `);
});

const paused: RolloutPause = {
  kind: 'RolloutPause',
  context: 'kind-kops',
  workload,
  paused: true,
  outcome: 'paused',
  pending: [],
  dryRun: 'none',
  undoCommand: 'kops rollout resume deploy/web -n shop',
};

const drawPaused = (state: Partial<RolloutPause>) => renderPause({...paused, ...state}, screen);

test('a Deployment that is paused', () => {
  expect(drawPaused({})).toMatchInlineSnapshot(`
    "✓ deployment/web  shop · kind-kops  paused: rolls nothing out until it is resumed
      undo  kops rollout resume deploy/web -n shop"
  `);
});

test('a Deployment that was paused already shows what waits', () => {
  expect(drawPaused({outcome: 'unchanged', pending: changes, undoCommand: null})).toMatchInlineSnapshot(`
    "✓ deployment/web  shop · kind-kops  is paused already
      waiting:
      template.spec.containers[web]
    -   image: web:2.1
    +   image: web:2.0"
  `);
});

test('a Deployment that is resumed shows what rolls out', () => {
  expect(drawPaused({paused: false, outcome: 'resumed', pending: changes})).toMatchInlineSnapshot(`
    "✓ deployment/web  shop · kind-kops  resumed: rolls out now
      template.spec.containers[web]
    -   image: web:2.1
    +   image: web:2.0
      undo  kops rollout resume deploy/web -n shop"
  `);
});

test('a Deployment that was not paused', () => {
  expect(drawPaused({paused: false, outcome: 'unchanged', undoCommand: null})).toMatchInlineSnapshot(
    `"✓ deployment/web  shop · kind-kops  is not paused: nothing to resume"`,
  );
});

test('a Deployment that is resumed on trial', () => {
  expect(drawPaused({paused: false, outcome: 'dry-run', dryRun: 'client'})).toMatchInlineSnapshot(`
    "· deployment/web  shop · kind-kops  would be resumed
      nothing was changed: dry run, the API server was not asked"
  `);
});
