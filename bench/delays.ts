/** A state by its words, and when it was seen: milliseconds of one clock. */
export interface Sighting {
  readonly state: string;
  readonly at: number;
}

/**
 * From each change of state to the first line that showed it or a later one, in milliseconds; infinite where none did. A line may stand for
 * several changes at once. Of equal states a line is taken for the earliest that it can be, so that no delay comes out too short.
 */
export function delays(changes: readonly Sighting[], lines: readonly Sighting[]): number[] {
  const found = changes.map(() => Number.POSITIVE_INFINITY);
  let shown = -1;
  for (const {state, at} of lines) {
    const next = changes.findIndex((change, i) => i >= Math.max(shown, 0) && change.state === state);
    for (let i = shown + 1; i <= next; i += 1) found[i] = Math.max(0, at - (changes[i]?.at ?? 0));
    shown = Math.max(shown, next);
  }
  return found;
}
