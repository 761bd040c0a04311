import {isPrintable, jsonText} from './json.ts';

/** Words, paths and sentences that every YAML parser takes for text; kubectl's reads YAML 1.1, where more than `true` and `null` are none. */
const PLAIN = /^[A-Za-z_/](?:[\w./()%@+=,'-]|:(?=[\w./])| (?=[\w./(%@+=]))*$/;
const NO_TEXT = /^(y|yes|n|no|on|off|true|false|null)$/i;

/**
 * Plain data as YAML that any parser reads back as it is: text that could be taken for a number, a date or a truth value is quoted, lines
 * stay lines, and control characters are escapes. What JSON leaves out is left out. No newline at its end.
 */
export function yamlText(value: object): string {
  const lines: string[] = [];
  write(value, '', '', lines);
  return lines.join('\n');
}

/** `lead`: what stands before the value on its line (`key:`, `- `); `indent`: of what is below it. */
function write(value: unknown, lead: string, indent: string, lines: string[]): void {
  if (typeof value !== 'object' || value === null) {
    lines.push(join(lead, typeof value === 'string' ? scalar(value, indent) : JSON.stringify(value ?? null)));
    return;
  }
  const isList = Array.isArray(value);
  const items = isList
    ? value.map((item) => ['', item] as const)
    : Object.entries(value).filter(([, item]) => item !== undefined);
  if (items.length === 0) {
    lines.push(join(lead, isList ? '[]' : '{}'));
    return;
  }
  // The first line of an item stands behind its hyphen; a key's value is below it.
  const isItem = lead.endsWith('- ');
  if (lead !== '' && !isItem) lines.push(lead);
  for (const [i, [key, item]] of items.entries()) {
    const start = isItem && i === 0 ? lead : indent;
    write(item, isList ? `${start}- ` : `${start}${isPlain(key) ? key : jsonText(key)}:`, `${indent}  `, lines);
  }
}

const join = (lead: string, text: string): string => (lead === '' || lead.endsWith(' ') ? `${lead}${text}` : `${lead} ${text}`);

function scalar(text: string, indent: string): string {
  if (isPlain(text)) return text;
  if (!isBlock(text)) return jsonText(text);
  const isOpen = !text.endsWith('\n');
  const lines = (isOpen ? text : text.slice(0, -1)).split('\n');
  return [isOpen ? '|-' : '|', ...lines.map((line) => (line === '' ? '' : `${indent || '  '}${line}`))].join('\n');
}

const isPlain = (text: string): boolean => PLAIN.test(text) && !NO_TEXT.test(text);

/** Several lines that look the same to everyone; blanks at an edge, and how many lines are empty at the end, nobody sees. */
const isBlock = (text: string): boolean =>
  /\n./.test(text) && !/^\s|\n\n$/.test(text) && !/[ \t]$|^\t/m.test(text) && isPrintable(text);
