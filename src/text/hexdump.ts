/** Offsets, `end` not included. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface HexdumpOptions {
  /** What is shown as `••`. Sorted or not, overlapping or not. */
  readonly hidden?: readonly Range[];
  /** How a byte looks, by its offset. */
  readonly styleAt?: (offset: number) => ((text: string) => string) | undefined;
  /** Lines at most; the last one then says what is left out. */
  readonly lines?: number;
}

const WIDTH = 16;

/** As `hexdump -C` prints it, without the repetitions left out: offset, two groups of eight bytes, and the bytes as ASCII. */
export function hexdump(bytes: Buffer, {hidden = [], styleAt, lines = Number.POSITIVE_INFINITY}: HexdumpOptions = {}): string[] {
  const isHidden = hiddenIn(bytes.length, hidden);
  const rows: string[] = [];
  for (let start = 0; start < bytes.length && rows.length < lines; start += WIDTH) rows.push(row(start));
  const left = bytes.length - rows.length * WIDTH;
  return left > 0 ? [...rows, `…${' '.repeat(9)}${left} more bytes`] : rows;

  function row(start: number): string {
    const offset = start.toString(16).padStart(8, '0');
    const end = Math.min(start + WIDTH, bytes.length);
    const hex = styled(start, end, (at) => `${at % 8 === 0 && at > start ? ' ' : ''}${isHidden(at) ? '••' : hexOf(at)} `);
    const characters = styled(start, end, (at) => (isHidden(at) ? '•' : characterOf(bytes[at] ?? 0)));
    const missing = start + WIDTH - end;
    const gap = ' '.repeat(missing * 3 + (missing >= 8 ? 1 : 0));
    return `${offset}  ${hex}${gap} |${characters}|`;
  }

  function hexOf(at: number): string {
    return (bytes[at] ?? 0).toString(16).padStart(2, '0');
  }

  /** Neighbours that look alike are styled at once. */
  function styled(start: number, end: number, textAt: (at: number) => string): string {
    let line = '';
    let run = '';
    let style = styleAt?.(start);
    for (let at = start; at < end; at++) {
      const next = styleAt?.(at);
      if (next !== style) {
        line += style ? style(run) : run;
        [run, style] = ['', next];
      }
      run += textAt(at);
    }
    return line + (style ? style(run) : run);
  }
}

const characterOf = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.');

function hiddenIn(length: number, ranges: readonly Range[]): (offset: number) => boolean {
  const marks = new Uint8Array(length);
  for (const {start, end} of ranges) marks.fill(1, start, end);
  return (offset) => marks[offset] === 1;
}
