import {fitParts, type Part, pad, partWidth} from '../../text/fit.ts';
import type {Screen} from '../../text/screen.ts';

/** `███████░░░`: `part` of `whole` in `cells` columns. Anything short of all is never shown as all, and something never as nothing. */
export function bar(part: number, whole: number, cells: number): {full: string; empty: string} {
  const share = whole <= 0 ? 1 : Math.min(1, Math.max(0, part / whole));
  const rounded = Math.round(share * cells);
  const full = share < 1 ? Math.min(rounded, cells - 1) : cells;
  const shown = share > 0 ? Math.max(1, full) : 0;
  return {full: '█'.repeat(shown), empty: '░'.repeat(cells - shown)};
}

export interface Bar {
  readonly label: string;
  readonly part: number;
  readonly whole: number;
  readonly words: string;
  readonly colour: (text: string) => string;
  /** Said behind the bar, in the longest of these forms that fits. */
  readonly notes?: readonly Part[] | undefined;
}

const LABEL = 11;
const NOTE_GAP = '   ';

/** Bars below each other, with what they say in one column. */
export function renderBars(bars: readonly Bar[], {theme, width}: Screen): string[] {
  // As wide as they will ever be, so that nothing moves while they grow.
  const words = Math.max(...bars.map(({words: text, whole}) => Math.max(text.length, `${whole}/${whole}`.length)));
  const cells = Math.max(4, Math.min(20, Math.floor(width / 4), width - LABEL - 2 - words));
  const room = width - LABEL - cells - 2 - words - NOTE_GAP.length;
  return bars.map(({label, part, whole, words: text, colour, notes = []}) => {
    const {full, empty} = bar(part, whole, cells);
    const note = notes.find((form) => partWidth(form) <= room);
    const parts: Part[] = [pad(label, LABEL), [full, colour], [empty, theme.dim], '  ', text.padStart(words)];
    return fitParts(note === undefined ? parts : [...parts, NOTE_GAP, note], width);
  });
}
