import {bytes} from '../../text/bytes.ts';
import {pad} from '../../text/fit.ts';
import {hexdump} from '../../text/hexdump.ts';
import {counted} from '../../text/plural.ts';
import {printable} from '../../text/printable.ts';
import type {Screen} from '../../text/screen.ts';
import {textWidth} from '../../text/width.ts';
import type {Described} from './content.ts';
import {type Decoded, type DecodedSecret, valueAt, wordOf} from './decode.ts';
import {endsWithNewline, newlineHurts} from './newline.ts';
import {misplaced} from './pairs.ts';
import {summarise} from './view-content.ts';

/** Lines of a dump: of one of several values, and of the one that was asked for. */
const DUMPED = {one: 4, all: 256};

/**
 * Keys and values, a line each; longer texts below their key; of what is known for what it is, what it says of itself. `whole`: the value
 * too, because it was asked for by its key.
 */
export const renderDecoded =
  (whole: boolean) =>
  (decoded: Described, screen: Screen): string => {
    const {data, binary} = decoded;
    const keys = [...Object.keys(data), ...Object.keys(binary)].sort();
    const column = Math.min(32, Math.max(...keys.map((key) => textWidth(printable(key))), 0)) + 3;
    return [
      title(decoded, keys.length, screen),
      ...keys.map((key) => `${pad(printable(key), column)}${renderValue(decoded, key, whole, screen)}`),
    ].join('\n');
  };

/** Several, one below the other. */
export const renderDecodedList = ({items}: {readonly items: readonly Described[]}, screen: Screen): string =>
  items.length === 0 ? 'none found' : items.map((item) => renderDecoded(false)(item, screen)).join('\n\n');

function title(decoded: Decoded, keys: number, {theme, width}: Screen): string {
  const words = [
    theme.strong(`${wordOf(decoded)}/${printable(decoded.name)}`),
    printable(decoded.namespace),
    ...(isSecret(decoded) ? [printable(decoded.type)] : []),
    counted(keys, 'key'),
  ];
  const line = words.filter((word) => word !== '').join('  ');
  const note = 'base64 is not encryption';
  const gap = width - textWidth(line) - note.length;
  return isSecret(decoded) && gap >= 2 ? `${line}${' '.repeat(gap)}${theme.dim(note)}` : line;
}

const isSecret = (decoded: Decoded): decoded is DecodedSecret => decoded.kind === 'DecodedSecret';

function renderValue({kind, data, binary, contents}: Described, key: string, whole: boolean, screen: Screen): string {
  const {theme} = screen;
  const text = valueAt(data, key);
  if (text === undefined) return renderBytes(Buffer.from(valueAt(binary, key) ?? '', 'base64'), whole, screen);
  if (text === '') return theme.dim('(empty)');
  const content = contents[key];
  if (content === undefined || content.is === 'text' || content.is === 'binary')
    return renderText(text, kind === 'DecodedSecret' && newlineHurts(text, key), screen);
  const [first, ...below] = summarise(content, screen);
  const other = misplaced(key, text) === 'certificate' ? 'a private key' : 'a certificate';
  const note = misplaced(key, text) === undefined ? '' : `  ${theme.wrong(`✗ where ${other} belongs`)}`;
  return [`${first}${note}`, ...below.map((line) => `  ${line}`), ...(whole ? shownLines(text) : [])].join('\n');
}

function renderText(text: string, isMarked: boolean, {theme}: Screen): string {
  if (isMarked) return `${printable(text)}   ${theme.waiting('⚠ ends with a newline')}`;
  if (!text.includes('\n') || endsWithNewline(text)) return printable(text);
  const lines = shownLines(text);
  return [theme.dim(`${counted(lines.length, 'line')}, ${bytes(Buffer.byteLength(text))}`), ...lines].join('\n');
}

const shownLines = (text: string): string[] => {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  return lines.map((line) => `  ${printable(line)}`);
};

const renderBytes = (value: Buffer, whole: boolean, {theme}: Screen): string =>
  [
    theme.dim(`${bytes(value.length)} that are not text`),
    ...hexdump(value, {lines: whole ? DUMPED.all : DUMPED.one}).map((line) => `  ${line}`),
  ].join('\n');
