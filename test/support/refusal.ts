import {expect} from 'vitest';

/** What a promise rejects with, which is to be one of `type`. */
export async function refusalOf<T>(promise: Promise<unknown>, type: abstract new (...args: never[]) => T): Promise<T> {
  const error = await promise.then(
    () => expect.unreachable('it was expected to fail'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(type);
  return error as T;
}
