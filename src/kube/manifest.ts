import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
  type YAMLMap,
} from 'yaml';
import {ExitCode, Problem} from '../problem.ts';
import {kubectlYaml, MergeError} from '../text/go-yaml.ts';
import {yamlFlaw} from '../text/yaml-flaw.ts';
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

/** As kubectl reads them. A mapping as a key, which is no manifest's, is not worth a warning of the parser's own. */
export function documentsOf(text: string, lineCounter: LineCounter): Document.Parsed[] {
  const documents = parseAllDocuments(text, {...kubectlYaml, lineCounter, logLevel: 'error'});
  return Array.isArray(documents) ? documents : [];
}

const unrendered = (file: string): Problem =>
  new Problem(`${file} is a template, not a manifest`, {
    why: 'it becomes one only with the values of a release',
    next: 'render it, and read what comes out: helm template CHART | kops … -f -',
    exitCode: ExitCode.usage,
  });

function failUnlessManifest(document: Document.Parsed, file: string, lines: LineCounter, another: string): void {
  const {contents} = document;
  const flaw = flawOf(document);
  if (flaw !== undefined) {
    const {line, col} = lines.linePos(flaw.at);
    throw new Problem(`${file}:${line}:${col}: ${flaw.message}`, {
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

interface YamlFlaw {
  /** Offset in the text. */
  readonly at: number;
  /** It quotes nothing: a value of a Secret may stand there. */
  readonly message: string;
}

/** Why a document cannot be read; undefined where it can. */
export function flawOf(document: Document.Parsed): YamlFlaw | undefined {
  const [error] = document.errors;
  if (error !== undefined) return {at: error.pos[0], message: yamlFlaw(error.code)};
  const flaw = aliasFlaw(document);
  if (flaw !== undefined) return flaw;
  try {
    document.toJS({maxAliasCount: MOST_ALIASES});
    return undefined;
  } catch (error) {
    if (error instanceof MergeError) return error;
    return {at: document.range[0], message: 'its aliases (*) multiply beyond all measure'};
  }
}

/** Uses of an anchor, with those inside what it stands for: beyond it a short text would become an endless one. */
const MOST_ALIASES = 10_000;

function aliasFlaw(document: Document.Parsed): YamlFlaw | undefined {
  const anchors = new Set<string>();
  let flaw: YamlFlaw | undefined;
  visit(document, (_key, node, path) => {
    if (isNode(node) && !isAlias(node) && node.anchor !== undefined) anchors.add(node.anchor);
    if (!isAlias(node)) return undefined;
    const {source} = node;
    const isInside = path.some((one) => isNode(one) && !isAlias(one) && one.anchor === source);
    if (anchors.has(source) && !isInside) return undefined;
    const message = isInside
      ? 'an alias (*) stands in what it stands for'
      : 'an alias (*) has no anchor (&) before it: a value that begins with * belongs in quotes';
    flaw = {at: node.range?.[0] ?? 0, message};
    return visit.BREAK;
  });
  return flaw;
}

/** The objects of one document that has no flaw, or of a part of it. */
export function objectsOf(node: Node | null | undefined, document: Document.Parsed): ManifestObject[] {
  const here = isAlias(node) ? node.resolve(document) : node;
  if (isSeq(here)) return (here.items as Node[]).flatMap((item) => objectsOf(item, document));
  if (!isMap(here)) return [];
  const map: YAMLMap = here;
  if (map.get('kind') === 'List') return objectsOf(map.get('items', true) as Node | undefined, document);
  return [
    {value: map.toJS(document, {maxAliasCount: MOST_ALIASES}) as ManifestObject['value'], node: map as YAMLMap.Parsed, document},
  ];
}
