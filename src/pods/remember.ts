/**
 * A pure function of a text that remembers its last results: a thousand pods say the same few things. Forgets all of them once there are
 * `most`.
 */
export function remember<T>(read: (text: string) => T, most = 500): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size >= most) known.clear();
    const result = read(text);
    known.set(text, result);
    return result;
  };
}
