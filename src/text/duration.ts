const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `12s`, `3m20s`, `2h`, `9d`: at most two units, as kubectl's AGE column. Below zero counts as `0s`. */
export function duration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 2 * MINUTE) return `${Math.floor(ms / SECOND)}s`;
  if (ms < 10 * MINUTE) return two(ms, MINUTE, 'm', SECOND, 's');
  if (ms < 3 * HOUR) return `${Math.floor(ms / MINUTE)}m`;
  if (ms < 8 * HOUR) return two(ms, HOUR, 'h', MINUTE, 'm');
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)}h`;
  if (ms < 8 * DAY) return two(ms, DAY, 'd', HOUR, 'h');
  if (ms < 2 * 365 * DAY) return `${Math.floor(ms / DAY)}d`;
  return `${Math.floor(ms / (365 * DAY))}y`;
}

/** What was asked for, with nothing left out: `0.1s`, `90s`, `2m30s`, `1h0m5s`. */
export function wholeDuration(milliseconds: number): string {
  const seconds = (ms: number) => `${Number((ms / SECOND).toFixed(3))}s`;
  if (milliseconds < 2 * MINUTE) return seconds(milliseconds);
  const rest = milliseconds % MINUTE;
  const minutes = Math.floor(milliseconds / MINUTE);
  const hours = Math.floor(minutes / 60);
  const tail = rest > 0 ? seconds(rest) : '';
  if (hours === 0) return `${minutes}m${tail}`;
  return `${hours}h${minutes % 60 > 0 || tail !== '' ? `${minutes % 60}m` : ''}${tail}`;
}

/** The age at `now` (epoch milliseconds) of an RFC 3339 time; `-` where there is none. */
export const age = (since: string | undefined, now: number): string =>
  since === undefined ? '-' : duration(now - Date.parse(since));

function two(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)}${largeName}${rest > 0 ? `${rest}${smallName}` : ''}`;
}
