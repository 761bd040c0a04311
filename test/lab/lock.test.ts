import {randomUUID} from 'node:crypto';
import {expect, test} from 'vitest';
import {withLock} from '../../src/lab/lock.ts';
import {start} from '../support/process.ts';

const never = new AbortController().signal;

test('what one holds another waits for, and says so', async () => {
  const key = randomUUID();
  const order: string[] = [];
  const first = Promise.withResolvers<void>();
  const one = withLock(key, () => first.promise.then(() => void order.push('first')), never);
  const waited = Promise.withResolvers<void>();
  const two = withLock(key, async () => void order.push('second'), never, waited.resolve);
  await waited.promise;
  first.resolve();
  await Promise.all([one, two]);
  expect(order).toEqual(['first', 'second']);
});

test('another key is another lock', async () => {
  const key = randomUUID();
  const inner = await withLock(key, () => withLock(`${key}/other`, async () => 'both', never), never);
  expect(inner).toBe('both');
});

test('it is free again after a failure', async () => {
  const key = randomUUID();
  await expect(withLock(key, () => Promise.reject(new Error('no')), never)).rejects.toThrow('no');
  expect(await withLock(key, async () => 'again', never)).toBe('again');
});

test('waiting ends when the user interrupts', async () => {
  const key = randomUUID();
  const interruption = new AbortController();
  const holder = Promise.withResolvers<void>();
  const one = withLock(key, () => holder.promise, never);
  const two = withLock(
    key,
    async () => 'never',
    interruption.signal,
    () => interruption.abort(),
  );
  await expect(two).rejects.toThrow(expect.objectContaining({name: 'AbortError'}));
  holder.resolve();
  await one;
});

test('it dies with the process that holds it', async () => {
  const key = randomUUID();
  const lock = new URL('../../src/lab/lock.ts', import.meta.url).href;
  const program = `
    import {withLock} from ${JSON.stringify(lock)};
    await withLock(${JSON.stringify(key)}, () => { console.log('held'); return new Promise((r) => setTimeout(r, 60000)); }, new AbortController().signal);`;
  const holder = start(process.execPath, ['--input-type=module', '--eval', program]);
  await holder.saw(/held/);
  const mine = withLock(
    key,
    async () => 'mine',
    never,
    () => holder.process.kill('SIGKILL'),
  );
  expect(await mine).toBe('mine');
  await holder.ended;
});
