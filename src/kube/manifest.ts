import {type Document, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseAllDocuments, type YAMLMap} from 'yaml';
import {ExitCode, Problem} from '../problem.ts';

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
 * over. A syntax error, or a document that is no mapping, is a Problem (exit code 2) that says file, line and column. `another`: what to
 * name instead of such a file.
 */
export function parseManifest(text: string, file: string, another: string): ManifestFile {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {lineCounter: lines, prettyErrors: false});
  const objects = (Array.isArray(documents) ? documents : []).flatMap((document) => {
    failUnlessManifest(document, file, lines, another);
    return objectsOf(document.contents, document);
  });
  return {objects, lineOf: (offset) => lines.linePos(offset).line};
}

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
