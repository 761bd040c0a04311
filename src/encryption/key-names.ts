/**
 * `key-20261123-1`: the day (UTC) and a number, so that a name is never used a second time: a key under an old name with new bytes makes
 * every value that was written before unreadable (kubernetes#66844).
 */
export function nextKeyName(now: Date, used: Iterable<string>): string {
  const taken = new Set(used);
  const day = now.toISOString().slice(0, 10).replaceAll('-', '');
  let number = 1;
  while (taken.has(`key-${day}-${number}`)) number += 1;
  return `key-${day}-${number}`;
}
