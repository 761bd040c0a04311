const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a duration as Go and kubectl write it (`1h30m`, `1.5s`, `300ms`); undefined where it is none. A bare `0` is one. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/.test(text)) return undefined;
  let milliseconds = 0;
  const rest = text.replace(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy, (_match, count: string, unit: string) => {
    milliseconds += Number(count) * (UNITS[unit] ?? 0);
    return '';
  });
  return rest === '' ? milliseconds : undefined;
}
