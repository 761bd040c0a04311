import {expect, test} from 'vitest';
import {createEstimate} from '../../../src/lab/programs/build.ts';

test('an estimate is made once enough has been compiled, and counts linking', () => {
  let now = 0;
  const said: string[] = [];
  const compiled = createEstimate(
    1000,
    () => now,
    (text) => said.push(text),
  );
  const after = (seconds: number, packages: number) => {
    now = seconds * 1000;
    for (let i = 0; i < packages; i++) compiled();
    return said.at(-1);
  };
  expect(after(5, 1)).toBe('1 of 1000 packages compiled, about 10 minutes on 2 cores');
  expect(after(100, 199)).toBe('200 of 1000 packages compiled, about 8 min left'); // 0.5 s each, 800 packages and the linker to go
  expect(after(400, 600)).toBe('800 of 1000 packages compiled, about 3 min left');
  expect(after(500, 200)).toBe('linking, less than a minute');
  expect(after(501, 1)).toBe('linking, less than a minute');
});
