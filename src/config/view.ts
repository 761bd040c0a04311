import {duration} from '../text/duration.ts';
import {counted} from '../text/plural.ts';
import {printable} from '../text/printable.ts';
import type {Screen} from '../text/screen.ts';
import {textWidth} from '../text/width.ts';
import {summariseCertificate} from './certificate.ts';
import type {DecodedSecret} from './decode.ts';

/** Keys and values, a line each; longer texts below their key; what cannot be shown as text, by its size. */
export function renderDecodedSecret({namespace, name, type, data, binary}: DecodedSecret, screen: Screen): string {
  const {theme, width} = screen;
  const keys = [...Object.keys(data), ...Object.keys(binary)].sort((a, b) => a.localeCompare(b));
  const title = `${theme.strong(`secret/${name}`)}  ${namespace}  ${type}  ${counted(keys.length, 'key')}`;
  const note = 'base64 is not encryption';
  const gap = width - textWidth(title) - note.length;
  const column = Math.min(32, Math.max(...keys.map((key) => textWidth(key)), 0)) + 3;
  const rows = keys.map((key) => `${key.padEnd(column)}${renderValue(key, data, binary, screen)}`);
  return [gap >= 2 ? `${title}${' '.repeat(gap)}${theme.dim(note)}` : title, ...rows].join('\n');
}

function renderValue(key: string, data: DecodedSecret['data'], binary: DecodedSecret['binary'], screen: Screen): string {
  const {theme} = screen;
  const text = data[key];
  if (text === undefined) return theme.dim(`${bytes(Buffer.from(binary[key] ?? '', 'base64').length)} that are not text`);
  if (text === '') return theme.dim('(empty)');
  const certificate = summariseCertificate(text);
  if (certificate) return renderCertificate(certificate, screen);
  const body = text.replace(/\r?\n$/, '');
  if (body.includes('\n')) return renderLines(text, theme.dim);
  return `${printable(text)}${body === text ? '' : `   ${theme.waiting('⚠ ends with a newline')}`}`;
}

function renderCertificate(
  {subject, alternativeNames, notAfter, more}: NonNullable<ReturnType<typeof summariseCertificate>>,
  {theme, now}: Screen,
): string {
  const left = notAfter - now;
  const expiry = left < 0 ? theme.wrong(`expired ${duration(-left)} ago`) : `expires in ${duration(left)}`;
  return [
    `certificate ${printable(subject)}`,
    ...(alternativeNames.length > 0 ? [`SANs ${printable(alternativeNames.join(', '))}`] : []),
    left >= 0 && left < 30 * 24 * 3_600_000 ? theme.waiting(expiry) : expiry,
    ...(more > 0 ? [theme.dim(`+${more} more in the chain`)] : []),
  ].join('  ');
}

const renderLines = (text: string, dim: (t: string) => string): string => {
  const lines = text.replace(/\r?\n$/, '').split('\n');
  return [
    dim(`${counted(lines.length, 'line')}, ${bytes(Buffer.byteLength(text))}`),
    ...lines.map((line) => `  ${printable(line)}`),
  ].join('\n');
};

const bytes = (count: number): string => counted(count, 'byte');
