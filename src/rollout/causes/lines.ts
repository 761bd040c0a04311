import {printable} from '../../text/printable.ts';

export const MOST_LINES = 10;
const LINE_LENGTH = 200;

/** The last lines of what a container wrote: without empty ones, cut to a length that fits a screen, safe to print. */
export const lastLines = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map(readable)
    .filter((line) => line !== '')
    .slice(-MOST_LINES)
    .map((line) => (line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH - 1)}…` : line));

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours and titles are what is taken out
const ESCAPES = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?/g;
const readable = (line: string): string => printable(line.replaceAll(ESCAPES, '').replaceAll('\t', '  ').trimEnd());
