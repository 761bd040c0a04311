import {type Document, isScalar, LineCounter, parseAllDocuments} from 'yaml';
import {ExitCode, Problem} from '../../problem.ts';
import {goYaml} from '../../text/go-yaml.ts';
import {yamlFlaw} from '../../text/yaml-flaw.ts';

/** Of a field in a document. */
export type Path = readonly (string | number)[];

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
