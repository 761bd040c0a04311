import {type Document, LineCounter, parseAllDocuments, type Tags} from 'yaml';
import {ExitCode, Problem} from '../problem.ts';

/** Of a field in a document. */
export type Path = readonly (string | number)[];

/** YAML as Kubernetes' programs read it (go-yaml v2): 1.1 with merge keys, but a date is a string, and binary and sets are none of theirs. */
const goYaml = {
  version: '1.1',
  merge: true,
  prettyErrors: false,
  customTags: (tags: Tags): Tags =>
    tags.filter((tag) => typeof tag === 'string' || !/:(timestamp|binary|omap|pairs|set)$/.test(tag.tag)),
} as const;

/** The one document of a text. A Problem (exit code 2) names the line of what is no YAML, without quoting it: it may hold a secret. */
export function parseDocument(text: string, where: string, lines: LineCounter = new LineCounter()): Document {
  const parsed = parseAllDocuments(text, {...goYaml, lineCounter: lines});
  const documents = Array.isArray(parsed) ? parsed : [];
  const [document, ...others] = documents.filter(({contents, errors}) => contents !== null || errors.length > 0);
  if (document === undefined) throw unreadable(where, 'it is empty');
  const [error] = document.errors;
  if (error)
    throw unreadable(where, `line ${lines.linePos(error.pos[0]).line}: ${ADVICE[error.code] ?? 'it is not valid YAML'}`, error);
  if (others.length > 0) throw unreadable(where, 'it holds more than one document, of which Kubernetes reads the first alone');
  return document;
}

const ADVICE: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab indents it, where YAML knows only spaces',
  DUPLICATE_KEY: 'a field stands there for the second time',
  BAD_INDENT: 'it is indented differently from what it belongs to',
};

export const unreadable = (where: string, why: string, cause?: unknown): Problem =>
  new Problem(`${where} cannot be read`, {why, next: 'mend the file and try again', exitCode: ExitCode.usage, cause});
