import {expect, test} from 'vitest';
import type {RolloutPause} from '../../../src/rollout/pause.ts';
import type {RolloutRestart} from '../../../src/rollout/restart.ts';
import {renderPause, renderRestart} from '../../../src/rollout/view/restart.ts';
import {createTheme} from '../../../src/text/screen.ts';
import {ago, NOW} from '../../support/builders.ts';

const screen = {theme: createTheme(false), width: 100, now: NOW};
const workload = {kind: 'Deployment', namespace: 'shop', name: 'web'} as const;
const report = {context: 'kind-kops', workload, dryRun: 'none'} as const;

test('without the right to list ReplicaSets a restart names no revision, and a resume not what waited', () => {
  const restarted: RolloutRestart = {
    ...report,
    kind: 'RolloutRestart',
    restartedAt: ago(0),
    from: null,
    newRevision: null,
    warnings: [],
    undoCommand: null,
  };
  expect(renderRestart(restarted, screen)).toBe('✓ deployment/web  shop · kind-kops  restarts');
  const resumed: RolloutPause = {
    ...report,
    kind: 'RolloutPause',
    paused: false,
    outcome: 'resumed',
    pending: null,
    undoCommand: null,
  };
  expect(renderPause(resumed, screen)).toBe('✓ deployment/web  shop · kind-kops  resumed');
});
