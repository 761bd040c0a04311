import {expect, test, vi} from 'vitest';
import {confirm, type GuardState, guardedSwap, guardState, revert} from '../../src/nodes/guard/guard.ts';
import type {Node} from '../../src/nodes/node.ts';
import {plannedChange} from '../support/guarded-change.ts';

vi.setConfig({testTimeout: 900_000});

const {signal} = new AbortController();
const AT_ONCE = 3;

/** What kops does with what it finds swapped. */
const endings = {
  confirmed: (node: Node) => confirm(node, 'one', signal),
  reverted: (node: Node) => revert(node, 'one', signal),
};
type Ending = keyof typeof endings;

interface Counts {
  /** Of the commands that change files: until all was swapped, and until all was over. */
  readonly swapped: number;
  readonly over: number;
}

/**
 * Makes a change, and kills the process that would run the file-changing command of that number: kops' own script or the guard. Then comes
 * the next kops. All must be new or all old in the end, and nothing in the way of the next change.
 */
async function crash(crashAt: number, ending: Ending): Promise<Counts> {
  const played = plannedChange({second: 0.3, crashAt});
  const {node} = played;
  await guardedSwap(node, played.plan(600), signal).catch(() => {});
  const swapped = played.changes();
  let state: GuardState | undefined;
  const look = async () => {
    state = (await guardState(node, signal))?.state;
    if (state === 'swapped') await endings[ending](node).catch(() => {});
    expect(state).toBeOneOf(['confirmed', 'reverted', undefined]);
  };
  await vi.waitFor(look, {timeout: 30_000, interval: 100});
  const over = played.changes();
  const where = `killed before ${crashAt}, then ${ending}: ${state}`;
  expect(played.files(), where).toEqual(state === 'confirmed' ? played.after : played.before);

  if (new RegExp(`^/guard/last 600 one ${state}[^\n]*\n$`).test(played.own().join())) return {swapped, over};
  // Something is left of it: it must not be in the way of the next change, which clears it.
  const next = {path: '/etc/next', expect: 'absent', content: Buffer.from('next'), mode: '600'};
  await guardedSwap(node, {id: 'two', swaps: [next], confirmWithin: 600}, signal);
  expect(await revert(node, 'two', signal), where).toBe('reverted');
  await vi.waitFor(() => expect(played.own(), where).toEqual(['/guard/last 600 two reverted kops asked for it\n']));
  expect(played.files(), where).toEqual(state === 'confirmed' ? played.after : played.before);
  return {swapped, over};
}

async function crashAtEach(from: number, to: number, ending: Ending): Promise<void> {
  let next = from;
  const worker = async () => {
    while (next <= to) await crash(next++, ending);
  };
  await Promise.all(Array.from({length: AT_ONCE}, worker));
}

test('killed before any command of the swap or of the confirmation', async () => {
  const {swapped, over} = await crash(0, 'confirmed');
  expect(swapped).toBeGreaterThan(20);
  expect(over).toBeGreaterThan(swapped);
  await crashAtEach(1, over, 'confirmed');
});

test('killed before any command of putting back', async () => {
  const {swapped, over} = await crash(0, 'reverted');
  expect(over).toBeGreaterThan(swapped);
  await crashAtEach(swapped + 1, over, 'reverted');
});
