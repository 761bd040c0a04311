import {type Document, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseAllDocuments, type YAMLMap} from 'yaml';
import {ExitCode, Problem} from '../problem.ts';
import {isTemplate} from './template.ts';

/** One object of a manifest, and where in the file it stands. */
export interface ManifestObject {
  /** Plain data; what a manifest says, which may be anything. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly node: YAMLMap.Parsed;
  readonly document: Document.Parsed;
}

export interface ManifestFile {
  readonly objects: readonly ManifestObject[];
  /** The line, from 1, of an offset in the text. */
  lineOf(offset: number): number;
}

/**
 * The objects that a manifest describes, in its order: YAML documents or JSON, `kind: List` and plain lists unrolled, empty documents passed
 * over. A template, a syntax error, or a document that is no mapping, is a Problem (exit code 2) that says file, line and column. `another`: what to
 * name instead of such a file.
 */
export function parseManifest(text: string, file: string, another: string): ManifestFile {
  const lines = new LineCounter();
  const documents = documentsOf(text, lines);
  if (isTemplate(text, documents)) throw unrendered(file);
  const objects = documents.flatMap((document) => {
    failUnlessManifest(document, file, lines, another);
    return objectsOf(document.contents, document);
  });
  return {objects, lineOf: (offset) => lines.linePos(offset).line};
}

/** A mapping as a key, which is no manifest's, is not worth a warning of the parser's own. */
export function documentsOf(text: string, lineCounter: LineCounter): Document.Parsed[] {
  const documents = parseAllDocuments(text, {lineCounter, prettyErrors: false, logLevel: 'error'});
  return Array.isArray(documents) ? documents : [];
}

const unrendered = (file: string): Problem =>
  new Problem(`${file} is a template, not a manifest`, {
    why: 'it becomes one only with the values of a release',
    next: 'render it, and read what comes out: helm template CHART | kops … -f -',
    exitCode: ExitCode.usage,
  });

function failUnlessManifest({errors, contents}: Document.Parsed, file: string, lines: LineCounter, another: string): void {
  const [error] = errors;
  if (error !== undefined) {
    const {line, col} = lines.linePos(error.pos[0]);
    throw new Problem(`${file}:${line}:${col}: ${error.message}`, {
      why: 'the file is not valid YAML',
      next: 'mend that line and try again',
      exitCode: ExitCode.usage,
    });
  }
  if (isScalar(contents) && contents.value !== null) {
    throw new Problem(`${file} is not a manifest`, {
      why: 'a manifest is a mapping with apiVersion, kind and metadata',
      next: another,
      exitCode: ExitCode.usage,
    });
  }
}

/** The objects of one document, or of a part of it. */
export function objectsOf(node: ParsedNode | null | undefined, document: Document.Parsed): ManifestObject[] {
  if (isSeq(node)) return (node.items as ParsedNode[]).flatMap((item) => objectsOf(item, document));
  if (!isMap(node)) return [];
  const map: YAMLMap = node;
  if (map.get('kind') === 'List') return objectsOf(map.get('items', true) as ParsedNode | undefined, document);
  return [{value: node.toJS(document) as ManifestObject['value'], node: node as YAMLMap.Parsed, document}];
}
