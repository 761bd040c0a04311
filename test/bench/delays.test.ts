import {expect, test} from 'vitest';
import {delays, type Sighting} from '../../bench/delays.ts';

/** `a1 b5`: state a at 1, state b at 5. */
const sightings = (text: string): Sighting[] =>
  text.split(' ').flatMap((word) => (word === '' ? [] : [{state: word.charAt(0), at: Number(word.slice(1))}]));

test.each([
  ['every change has its line', 'a0 b10 c20', 'a3 b14 c25', [3, 4, 5]],
  ['a line stands for the changes it passed over', 'a0 b10 c20', 'a3 c25', [3, 15, 5]],
  ['what no line shows is never shown', 'a0 b10', 'a3', [3, Number.POSITIVE_INFINITY]],
  ['a line that comes before the change was seen here took no time', 'a10', 'a9', [0]],
  ['a line that repeats a state shows nothing new', 'a0 b10', 'a3 a12 b15', [3, 5]],
  ['a state that comes back is waited for again', 'a0 b10 a20', 'a3 b14 a26', [3, 4, 6]],
  ['a line about something else shows nothing', 'a0 b10', 'x1 a3 b14', [3, 4]],
])('%s', (_case, changes, lines, expected) => {
  expect(delays(sightings(changes), sightings(lines))).toEqual(expected);
});
