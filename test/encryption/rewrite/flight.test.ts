import {expect, test} from 'vitest';
import {createFlight} from '../../../src/encryption/rewrite/flight.ts';

const isWaiting = async (boarding: Promise<void>): Promise<boolean> =>
  Promise.race([boarding.then(() => false), new Promise<boolean>((resolve) => setImmediate(resolve, true))]);

test('what has room goes at once, and what has none waits until enough has landed', async () => {
  const flight = createFlight(10, new AbortController().signal);
  await flight.board(4);
  await flight.board(6);
  const third = flight.board(5);
  expect(await isWaiting(third)).toBe(true);
  flight.land(4);
  expect(await isWaiting(third)).toBe(true);
  flight.land(6);
  expect(await isWaiting(third)).toBe(false);
});

test('what is larger than all there is goes alone', async () => {
  const flight = createFlight(10, new AbortController().signal);
  await flight.board(50);
  const second = flight.board(1);
  expect(await isWaiting(second)).toBe(true);
  flight.land(50);
  expect(await isWaiting(second)).toBe(false);
});

test('who waits for room, or comes later, hears that all was interrupted', async () => {
  const controller = new AbortController();
  const flight = createFlight(10, controller.signal);
  await flight.board(10);
  const second = flight.board(5);
  controller.abort(new Error('interrupted'));
  await expect(second).rejects.toThrow('interrupted');
  await expect(flight.board(0)).rejects.toThrow('interrupted');
});
