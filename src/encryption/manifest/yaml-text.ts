import {type Document, isScalar, LineCounter, parseAllDocuments, type ScalarTag, type Tags} from 'yaml';
import {ExitCode, Problem} from '../../problem.ts';
import {yamlFlaw} from '../../text/yaml-flaw.ts';

/** Of a field in a document. */
export type Path = readonly (string | number)[];

const numberTag = (test: RegExp, resolve: (text: string) => number): ScalarTag => ({
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test,
  identify: (value) => typeof value === 'number',
  resolve,
  stringify: ({source, value}) => source ?? String(value), // 0644 stays 0644
});

/** Longest first; its value is only told from other values, so that a precision lost does not matter. */
const numbers = [
  numberTag(/^[-+]?0(?:b[01_]+|[xX][0-9a-fA-F_]+|[oO]?[0-7_]+)$/, (text) =>
    Number(text.replaceAll('_', '').replace(/^([-+]?)0(?=[0-7])/, '$10o')),
  ),
  numberTag(/^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/, (text) => Number(text.replaceAll('_', ''))),
  numberTag(/^(?:\.(?:nan|NaN|NAN)|[-+]?\.(?:inf|Inf|INF))$/, (text) =>
    /n$/i.test(text) ? Number.NaN : Number.POSITIVE_INFINITY,
  ),
];

/**
 * YAML as Kubernetes' programs read it: 1.1 as far as go-yaml v2 has it, with `yes` and `on` as booleans, but base 60, dates and sets as
 * strings. Source: go.yaml.in/yaml/v2/resolve.go. Merge keys (`<<`) are left out: with strict decoding they are of no use there, and an edit
 * would have to undo them.
 */
export const goYaml = {
  version: '1.1',
  prettyErrors: false,
  customTags: (tags: Tags): Tags => [
    ...tags.filter((tag) => typeof tag === 'string' || !/:(int|float|timestamp|binary|merge|omap|pairs|set)$/.test(tag.tag)),
    ...numbers,
  ],
} as const;

/** The one document of a text. A Problem (exit code 2) names the line of what is no YAML, without quoting it: it may hold a secret. */
export function parseDocument(text: string, where: string, lines: LineCounter = new LineCounter()): Document {
  const parsed = parseAllDocuments(text, {...goYaml, lineCounter: lines});
  const [document, ...others] = Array.isArray(parsed) ? parsed : [];
  if (document === undefined || isEmpty(document)) {
    throw unreadable(where, text.trim() === '' ? 'it is empty' : 'there is nothing but comments in it');
  }
  const [error] = document.errors;
  if (error) {
    const field = /^["']?([A-Za-z]{1,40})["']?\s*:/.exec(text.slice(error.pos[0]))?.[1];
    const why = error.code === 'DUPLICATE_KEY' && field ? `${field} stands there for the second time` : yamlFlaw(error.code);
    throw unreadable(where, `line ${lines.linePos(error.pos[0]).line}: ${why}`);
  }
  if (!others.every(isEmpty)) throw unreadable(where, 'it holds more than one document, and Kubernetes reads only the first');
  return document;
}

const isEmpty = ({contents, errors}: Document): boolean =>
  errors.length === 0 && (contents === null || (isScalar(contents) && contents.value === null));

/** What a document says. A Problem where its aliases do not resolve. */
export function plainValue(document: Document, where: string): unknown {
  try {
    return document.toJS();
  } catch {
    throw unreadable(where, 'an alias in it has no anchor before it, or aliases multiply');
  }
}

/** No cause: the parser's own words quote the text. */
export const unreadable = (where: string, why: string): Problem =>
  new Problem(`${where} cannot be read`, {why, next: 'mend the file and try again', exitCode: ExitCode.usage});
