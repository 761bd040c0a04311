/** One line of the result. `met` is undefined where there is no goal. */
export interface Row {
  readonly what: string;
  readonly result: string;
  readonly goal?: string;
  readonly met?: boolean;
}

export function renderTable(rows: readonly Row[]): string {
  const lines = [['', 'result', 'goal'], ...rows.map(({what, result, goal = '', met}) => [what, result, `${goal}${mark(met)}`])];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const mark = (met: boolean | undefined): string => (met === undefined ? '' : met ? '  ✓' : '  ✗');

export const ms = (seconds: number): string => `${Math.round(seconds * 1000)} ms`;
export const mb = (megabytes: number): string => `${Math.round(megabytes)} MB`;
