import {type Document, isMap, isNode, isPair, isSeq, LineCounter, parseAllDocuments} from 'yaml';
import {ExitCode, Problem} from '../problem.ts';
import {decodeConfiguration, type Flaw} from './configuration-decode.ts';
import type {EncryptionConfiguration} from './configuration-types.ts';

/**
 * Reads an EncryptionConfiguration as strictly as the API server does when it starts with automatic reload. A Problem (exit code 2) names
 * every flaw with its line, and never quotes a key's secret.
 * @param where what the file is called in errors
 */
export function parseConfiguration(text: string, where: string): EncryptionConfiguration {
  if (text.trim() === '') throw invalid(where, ['the file is empty: the API server does not start with it']);
  const lines = new LineCounter();
  const document = singleDocument(text, where, lines);
  const {configuration, flaws} = decodeConfiguration(plainValue(document, where));
  if (flaws.length > 0 || configuration === undefined) {
    throw invalid(
      where,
      flaws.map((flaw) => flawLine(flaw, document, lines)),
    );
  }
  return configuration;
}

function singleDocument(text: string, where: string, lines: LineCounter): Document {
  const parsed = parseAllDocuments(text, {
    version: '1.1',
    lineCounter: lines,
    prettyErrors: false,
    // As go-yaml v2 reads it for JSON: a date stays a string, base 60 and binary are none of its concern.
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !/timestamp|binary|omap|pairs|set$/.test(tag.tag)),
  });
  const documents = Array.isArray(parsed) ? parsed : [];
  const [first, ...others] = documents.filter((document) => document.contents !== null || document.errors.length > 0);
  if (first === undefined) throw invalid(where, ['there is nothing but comments in it']);
  const [error] = first.errors;
  if (error) {
    const {line} = lines.linePos(error.pos[0]);
    throw invalid(where, [`line ${line}: ${syntaxAdvice(error.code)}`]);
  }
  if (others.length > 0)
    throw invalid(where, ['it holds more than one YAML document: the API server reads the first and ignores the rest']);
  return first;
}

/** The parser's own words quote the text, which may hold a key. */
function syntaxAdvice(code: string): string {
  if (code === 'TAB_AS_INDENT') return 'a tab indents it: YAML knows only spaces there';
  if (code === 'DUPLICATE_KEY') return 'the same field stands there twice';
  if (code === 'BAD_INDENT') return 'it is indented differently from what it belongs to';
  return 'it is not valid YAML';
}

function plainValue(document: Document, where: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new Problem(`${where} is not a valid EncryptionConfiguration`, {
      why: 'an alias in it has no anchor, or there are too many of them',
      exitCode: ExitCode.usage,
      cause,
    });
  }
}

function flawLine({path, message}: Flaw, document: Document, lines: LineCounter): string {
  const line = lineOf(path, document, lines);
  const field = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .slice(1);
  return `line ${line}: ${field ? `${field}: ` : ''}${message}`;
}

/** Where a field is, or the nearest that there is above it. */
function lineOf(path: Flaw['path'], document: Document, lines: LineCounter): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find(({key}) => String(key) === String(step));
      if (isPair(pair)) {
        if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
        next = pair.value;
      }
    } else if (isSeq(node)) {
      next = node.items[Number(step)];
      if (isNode(next)) offset = next.range?.[0] ?? offset;
    }
    if (next === undefined) break;
    node = next;
  }
  return lines.linePos(offset).line;
}

const invalid = (where: string, flaws: readonly string[]): Problem =>
  new Problem(`${where} is not a valid EncryptionConfiguration`, {
    why: flaws.join('\n'),
    next: 'kops encrypt-at-rest generate writes one that is',
    exitCode: ExitCode.usage,
  });
