import {age} from '../../text/duration.ts';
import {cut, cutMiddle, fitParts, pad} from '../../text/fit.ts';
import {counted} from '../../text/plural.ts';
import type {Screen} from '../../text/screen.ts';
import {textWidth} from '../../text/width.ts';

export type Tone = 'good' | 'waiting' | 'wrong';

/** A pod, or a container of one, as a line of the tree. */
export interface Row {
  readonly name: string;
  readonly tone: Tone;
  /** A word or two: `ready`, `starting`, `pulling`. */
  readonly state: string;
  /** RFC 3339: since when it has been in this state. */
  readonly since: string | undefined;
  readonly detail: string;
  /** Of a pod with more than one container that is not all ready: those containers. */
  readonly containers: readonly Row[];
}

/** A revision and its pods. */
export interface Branch {
  readonly name: string;
  readonly number: number | undefined;
  readonly current: boolean;
  readonly rows: readonly Row[];
}

/** Draws branches, each a line and as many of its pods as fit; in all at most `budget` lines, but at least the line of each branch. */
export function renderBranches(branches: readonly Branch[], budget: number, screen: Screen): string[] {
  const shortened = branches.map((branch) => (screen.width < NARROW ? withShortNames(branch) : branch));
  const columns = columnsOf(
    shortened.flatMap(({rows}) => rows),
    screen.width,
  );
  let left = budget - branches.length;
  return shortened.flatMap((branch) => {
    const lines = renderRows(branch.rows, left, screen, columns);
    left -= lines.length;
    return [branchLine(branch, branches, screen), ...lines];
  });
}

/** Below this many columns a pod that is called after its revision is shown by its last part alone: `…-2xkq9`. */
const NARROW = 72;

const withShortNames = (branch: Branch): Branch => ({
  ...branch,
  rows: branch.rows.map((row) =>
    row.name.startsWith(`${branch.name}-`) ? {...row, name: `…${row.name.slice(branch.name.length)}`} : row,
  ),
});

/** `● web-7bfb4bc78d   rev 5    7 pods   5 ready` */
function branchLine({name, number, current, rows}: Branch, branches: readonly Branch[], {theme, width}: Screen): string {
  const widest = Math.max(...branches.map((branch) => textWidth(branch.name)));
  const ready = rows.filter(({tone}) => tone === 'good').length;
  const pods = counted(rows.length, 'pod');
  const facts =
    width < NARROW
      ? `  rev ${number ?? '?'}  ${pods}  ${ready} ready`
      : `   rev ${pad(String(number ?? '?'), 3)} ${pods.padStart(7)}   ${ready} ready`;
  const room = Math.max(8, Math.min(widest, width - 2 - textWidth(facts)));
  const named = pad(cutMiddle(name, room), room);
  return current ? fitParts(['● ', [named, theme.strong], facts], width) : fitParts([[`○ ${named}${facts}`, theme.dim]], width);
}

/** A row of the tree, or how many more there are in one state. */
type Entry = {readonly row: Row} | {readonly more: number; readonly state: string};

export function renderRows(
  rows: readonly Row[],
  budget: number,
  screen: Screen,
  columns: Columns = columnsOf(rows, screen.width),
): string[] {
  const entries = collapse(rows, budget);
  const containers = entries.reduce((lines, entry) => lines + ('row' in entry ? entry.row.containers.length : 0), 0);
  const roomForContainers = entries.length + containers <= budget;
  return entries.flatMap((entry, i) => {
    const isLast = i === entries.length - 1;
    const branch = isLast ? '  └ ' : '  ├ ';
    if ('more' in entry)
      return [fitParts([[`${branch}…${entry.more} more ${entry.state}`.trimEnd(), screen.theme.dim]], screen.width)];
    const line = rowLine(entry.row, branch, columns, screen);
    return roomForContainers
      ? [line, ...containerLines(entry.row.containers, isLast ? '    ' : '  │ ', columns, screen)]
      : [line];
  });
}

const INTEREST: Record<Tone, number> = {wrong: 0, waiting: 1, good: 2};

/**
 * Chooses what to show of many rows in few lines. Each state gets a line, the most interesting first; what is left goes to single rows of
 * the most interesting states. Shown in the reverse order, so that trouble stands next to what is said of it below.
 */
function collapse(rows: readonly Row[], budget: number): Entry[] {
  const groups = [...Map.groupBy(rows, ({tone, state}) => `${INTEREST[tone]} ${state}`)]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([, group]) => group);
  if (rows.length <= budget) return groups.reverse().flatMap((group) => group.map((row) => ({row})));
  if (budget < 1) return [];
  const shown = groups.length <= budget ? groups : groups.slice(0, budget - 1);
  const hidden = groups.slice(shown.length).flat().length;
  let spare = budget - shown.length - (hidden > 0 ? 1 : 0);
  const entries = shown.map((group): Entry[] => {
    const lines = 1 + Math.min(group.length - 1, spare);
    spare -= lines - 1;
    if (lines === group.length) return group.map((row) => ({row}));
    const single = group.slice(0, lines - 1).map((row) => ({row}));
    return [...single, {more: group.length - single.length, state: group[0]?.state ?? ''}];
  });
  return [...(hidden > 0 ? [{more: hidden, state: ''}] : []), ...entries.reverse().flat()];
}

/** Widths of the columns that all rows share. */
interface Columns {
  readonly name: number;
  readonly state: number;
}

function columnsOf(rows: readonly Row[], width: number): Columns {
  let name = 0;
  let state = 0;
  for (const row of rows) {
    name = Math.max(name, row.name.length);
    state = Math.max(state, row.state.length);
  }
  return {name: Math.min(name, Math.max(12, Math.floor(width * 0.45))), state};
}

const AGE_COLUMN = 7;

function rowLine({name, tone, state, since, detail}: Row, branch: string, columns: Columns, {theme, width, now}: Screen): string {
  const parts = [
    branch,
    pad(cutMiddle(name, columns.name), columns.name),
    '  ',
    [pad(cut(state, columns.state), columns.state), theme[tone]],
    [(since === undefined ? '' : age(since, now)).padStart(AGE_COLUMN), theme.dim],
    ...(detail === '' ? [] : ['  ', detail]),
  ] as const;
  return fitParts(parts, width).trimEnd();
}

const containerLines = (containers: readonly Row[], indent: string, columns: Columns, screen: Screen): string[] =>
  containers.map((row, i) =>
    rowLine(row, `${indent}${i === containers.length - 1 ? '  └ ' : '  ├ '}`, {...columns, name: columns.name - 4}, screen),
  );
