const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `812 bytes`, `12 KiB`, `1.4 GiB` */
export function bytes(count: number): string {
  const power = count < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(count) / 10));
  const scaled = count / 1024 ** power;
  return `${power === 0 || scaled >= 10 ? Math.round(scaled) : scaled.toFixed(1)} ${UNITS[power]}`;
}
