import {expect, test} from 'vitest';
import {actionIn} from '../../../src/lab/kind/engine.ts';

test.each([
  [' • Ensuring node image (kindest/node:v1.37.0) 🖼  ...', 'Ensuring node image (kindest/node:v1.37.0)'],
  [' • Preparing nodes 📦 📦 📦 📦  ...', 'Preparing nodes'],
  [' • Starting control-plane 🕹️  ...', 'Starting control-plane'],
  [' ✓ Preparing nodes 📦 ', undefined],
  ['Creating cluster "demo" ...', undefined],
])('what kind says it does: %s', (line, action) => {
  expect(actionIn(line)).toBe(action);
});
