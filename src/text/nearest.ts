import {distance} from 'fastest-levenshtein';

/**
 * The candidate that `word` was most likely meant to be, or undefined where none is near (two letters differ, or a third of a longer word). Two
 * letters in the wrong order are the likeliest of all: `wbe` is `web`, not `be`.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(word.length, Math.max(2, Math.floor(word.length / 3)) + 1);
  for (const candidate of candidates) {
    const d = distanceOf(word.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) [best, bestDistance] = [candidate, d];
  }
  return best;
}

const distanceOf = (word: string, candidate: string): number => (isSwapped(word, candidate) ? 0.5 : distance(word, candidate));

/** Whether two neighbours of one word stand the other way round in the other. */
function isSwapped(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  const at = [...one].findIndex((letter, i) => letter !== other[i]);
  const swapped = `${one.slice(0, at)}${one[at + 1]}${one[at]}${one.slice(at + 2)}`;
  return at !== -1 && swapped === other;
}
