/**
 * `key-20261123-1`: the day (UTC) and a number. Never a name that was used: with other bytes under an old name everything that was written
 * before becomes unreadable (kubernetes#66844).
 */
export function nextKeyName(now: Date, used: Iterable<string>): string {
  const taken = new Set(used);
  const day = now.toISOString().slice(0, 10).replaceAll('-', '');
  let number = 1;
  while (taken.has(`key-${day}-${number}`)) number += 1;
  return `key-${day}-${number}`;
}

const LONGEST = 253;

/**
 * Whether a new key may be called that. The API server asks only that there is a name; but a colon ends it in etcd, where
 * `k8s:enc:PROVIDER:v1:NAME:` stands in front of each value, and white space or control characters would not be seen there.
 */
export const isKeyName = (name: string): boolean => /^[^:\s\p{Cc}\p{Cf}]+$/u.test(name) && Buffer.byteLength(name) <= LONGEST;
