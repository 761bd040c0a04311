/** What YAML or JSON made of something where text was meant: `a number`, `a list`. */
export function typeWord(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'boolean') return 'a truth value';
  return typeof value === 'object' ? 'a mapping' : typeof value === 'string' ? 'text' : 'a number';
}
