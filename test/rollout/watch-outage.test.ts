import {expect, test} from 'vitest';
import {ConnectionProblem} from '../../src/kube/errors.ts';
import {CATCH_UP_MS, createOutageWatch, PARTIAL_MS, ROUTINE_MS} from '../../src/rollout/watch-outage.ts';

const cut = new ConnectionProblem('cannot reach the API server', {passing: true});

/** Walks through moments: what is troubled then, whether all of it. */
function outages() {
  let [trouble, blind]: [ConnectionProblem | undefined, boolean] = [undefined, false];
  const at = createOutageWatch({trouble: () => trouble, isBlind: () => blind});
  return (now: number, state: {trouble?: ConnectionProblem; blind?: boolean} = {}) => {
    [trouble, blind] = [state.trouble, state.blind ?? false];
    return at(now);
  };
}

test('a cut that heals within a second is not spoken of, and nothing is held back after it', () => {
  const at = outages();
  expect(at(0, {trouble: cut})).toMatchObject({trouble: undefined, holds: true});
  expect(at(ROUTINE_MS - 1)).toEqual({trouble: undefined, holds: false, isOpen: false});
});

test('where only some followers are cut off, the picture is kept for a while and then goes on with what there is', () => {
  const at = outages();
  at(0, {trouble: cut});
  expect(at(ROUTINE_MS, {trouble: cut})).toEqual({trouble: cut, holds: true, isOpen: true});
  expect(at(PARTIAL_MS, {trouble: cut})).toMatchObject({holds: false});
  expect(at(PARTIAL_MS, {trouble: cut, blind: true})).toMatchObject({holds: true});
});

test('a workload that is seen again before what is around it has had the time to catch up, too', () => {
  const at = outages();
  at(0, {trouble: cut, blind: true});
  const seenAt = 3 * PARTIAL_MS;
  at(seenAt, {trouble: cut, blind: true});
  expect(at(seenAt + CATCH_UP_MS - 1, {trouble: cut})).toMatchObject({holds: true});
  expect(at(seenAt + CATCH_UP_MS, {trouble: cut})).toMatchObject({holds: false});
});

test('after an outage the picture is kept until all followers have had the time to catch up', () => {
  const at = outages();
  at(0, {trouble: cut, blind: true});
  const mendedAt = 30_000;
  expect(at(mendedAt)).toEqual({trouble: undefined, holds: true, isOpen: true});
  expect(at(mendedAt + CATCH_UP_MS - 1)).toMatchObject({holds: true});
  expect(at(mendedAt + CATCH_UP_MS)).toEqual({trouble: undefined, holds: false, isOpen: false});
  expect(at(mendedAt + CATCH_UP_MS + 1, {trouble: cut})).toMatchObject({trouble: undefined, holds: true});
});
