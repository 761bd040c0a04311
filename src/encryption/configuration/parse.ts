import {type Document, isMap, isNode, isSeq, LineCounter} from 'yaml';
import {parseObject} from '../../kube/json.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {printable} from '../../text/printable.ts';
import {parseDocument, plainValue, unreadable} from '../manifest/yaml-text.ts';
import {decodeConfiguration} from './decode.ts';
import type {Flaw} from './flaws.ts';
import type {EncryptionConfiguration} from './types.ts';

/**
 * Reads an EncryptionConfiguration as strictly as the API server does when it starts with automatic reload. A Problem (exit code 2) names
 * every flaw with its line, and never quotes a key's secret. Stricter than the API server in one thing: a second document, which that
 * ignores, is refused.
 * @param where what the file is called in errors
 */
export function parseConfiguration(text: string, where: string): EncryptionConfiguration {
  const plain = text.replace(/^\ufeff/, '');
  if (plain.trimStart().startsWith('{') && parseObject(plain) === undefined) {
    throw unreadable(where, 'it begins like JSON, with {, and is not valid JSON');
  }
  const lines = new LineCounter();
  const document = parseDocument(plain, where, lines);
  const {configuration, flaws} = decodeConfiguration(plainValue(document, where));
  if (flaws.length === 0) return configuration;
  throw new Problem(`${where} is not a valid EncryptionConfiguration`, {
    why: flaws
      .map((flaw) => ({flaw, line: lineOf(flaw.path, document, lines)}))
      .sort((a, b) => a.line - b.line)
      .map(({flaw, line}) => flawLine(flaw, line))
      .join('\n'),
    next: 'kops encrypt-at-rest generate writes one that is',
    exitCode: ExitCode.usage,
  });
}

function flawLine({path, message}: Flaw, line: number): string {
  const field = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
  return printable(`line ${line}: ${field ? `${field} ` : ''}${message}`);
}

/** Where a field is, or the nearest that there is above it. */
function lineOf(path: Flaw['path'], document: Document, lines: LineCounter): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    let place: unknown;
    if (isMap(node)) {
      const pair = node.items.find(({key}) => String(key) === String(step));
      [place, node] = [pair?.key, pair?.value];
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      place = node;
    }
    if (!isNode(place)) break;
    offset = place.range?.[0] ?? offset;
  }
  return lines.linePos(offset).line;
}
