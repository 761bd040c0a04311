import {isUtf8} from 'node:buffer';
import {invalid} from './invalid.ts';
import {type Entry, envNameFlaw} from './keys.ts';

/** unicode.IsSpace of Go, which is not what `\s` is: that has U+FEFF and lacks U+0085. */
const LEADING_SPACE = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
const BOM = Buffer.from('\uFEFF');

/**
 * The variables of an env file as kubectl reads it: quotes and what follows a value are part of it, `#` begins a comment only at the start of
 * a line, and a name alone takes its value from `environment`. Unlike kubectl it reads on behind a line of 64 KiB, and a variable that is not
 * set is a Problem instead of an empty value. No error quotes a line: it may be part of a secret.
 */
export function parseEnvFile(content: Buffer, file: string, environment: Readonly<Record<string, string | undefined>>): Entry[] {
  return linesOf(content).flatMap((bytes, index) => {
    const origin = `line ${index + 1} of ${file}`;
    if (!isUtf8(bytes))
      throw invalid(
        `${origin} is not UTF-8`,
        'an env file is text',
        'save it as UTF-8, or take what is binary with --from-file KEY=PATH',
      );
    const line = bytes.toString('utf8').replace(LEADING_SPACE, '');
    if (line === '' || line.startsWith('#')) return [];
    const at = line.indexOf('=');
    const key = at === -1 ? line : line.slice(0, at);
    const flaw = envNameFlaw(key);
    if (flaw !== undefined) throw invalid(`${origin} cannot be read`, flaw, NEXT);
    return [{key, value: Buffer.from(at === -1 ? inherited(key, origin, environment) : line.slice(at + 1)), origin}];
  });
}

const NEXT = 'write NAME=VALUE on one line; a value of several lines is taken with --from-file KEY=PATH';

function inherited(name: string, origin: string, environment: Readonly<Record<string, string | undefined>>): string {
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  if (value !== undefined) return value;
  throw invalid(
    `${origin} is a name without a value`,
    'such a line takes the value from the environment of kops, and there is no variable of that name',
    'set and export it, or write NAME= where it is to be empty',
  );
}

/** Without their line feeds, and one carriage return before each; a byte order mark only belongs to the first. */
function linesOf(content: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < content.length; ) {
    const feed = content.indexOf(0x0a, start);
    const end = feed === -1 ? content.length : feed;
    const line = content.subarray(start, end > start && content[end - 1] === 0x0d ? end - 1 : end);
    lines.push(start === 0 && line.subarray(0, 3).equals(BOM) ? line.subarray(3) : line);
    start = end + 1;
  }
  return lines;
}
