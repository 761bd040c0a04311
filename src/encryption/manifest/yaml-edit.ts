import {isDeepStrictEqual} from 'node:util';
import {type Alias, type Document, isAlias, isCollection, isNode, isScalar, isSeq, type Node, visit} from 'yaml';
import {parseObject} from '../../kube/json.ts';
import {indentsLists, newlineOf, type Source, spliceIn, spliceOut, spliceOver} from './yaml-splice.ts';
import {type Path, parseDocument, plainValue, unreadable} from './yaml-text.ts';

const BOM = '\ufeff';

/**
 * A YAML or JSON text that is changed by structure. Each change is made to the document, which says what the text must mean afterwards, and
 * then to the text itself, line by line; where that does not come to the same, the whole document is written anew, with its comments.
 * Anchors are kept; an alias on the way to a change becomes a copy first, so that nothing else changes along.
 */
export class YamlEdit {
  private readonly where: string;
  private readonly bom: string;
  private readonly isJson: boolean;
  private current: Parsed;

  constructor(text: string, where: string) {
    this.where = where;
    this.bom = text.startsWith(BOM) ? BOM : '';
    const bare = text.slice(this.bom.length);
    this.isJson = bare.trimStart().startsWith('{');
    if (this.isJson && parseObject(bare) === undefined)
      throw unreadable(where, 'it begins like JSON, with {, and is not valid JSON');
    this.current = this.parse(bare);
    visit(this.current.document, {
      Pair(_, {key}) {
        if (isScalar(key) && key.value === '<<') throw unreadable(where, 'it has merge keys (<<), which kops does not resolve');
      },
    });
  }

  get value(): unknown {
    return this.current.value;
  }

  /** Sets a field or a list item; what is missing above a field is made. */
  set(path: Path, value: string): void {
    const isThere = path.reduce<unknown>((at, step) => (at as Fields | null | undefined)?.[step], this.value) !== undefined;
    this.change(
      (document) => document.setIn(path, value),
      path,
      (source) => (isThere ? spliceOver(source, path, value) : spliceIn(source, path, value)),
    );
  }

  /** Adds an item to the end of a list, which is made where there is none. */
  append(path: Path, item: unknown): void {
    const lengthIn = (document: Document) => {
      const list = document.getIn(path, true);
      return isSeq(list) ? list.items.length : undefined;
    };
    this.change(
      (document) => {
        const length = lengthIn(document);
        if (length === undefined) document.setIn(path, document.createNode([item]));
        else document.setIn([...path, length], document.createNode(item));
      },
      path,
      (source) => {
        const length = lengthIn(source.document);
        return length ? spliceIn(source, [...path, length], item) : spliceIn(source, path, [item]);
      },
    );
  }

  remove(path: Path): void {
    this.change(
      (document) => document.deleteIn(path),
      path,
      (source) => spliceOut(source, path),
    );
  }

  toString(): string {
    return this.bom + this.current.text;
  }

  private parse(text: string): Parsed {
    const document = parseDocument(text, this.where);
    return {text, document, value: plainValue(document, this.where)};
  }

  private change(amend: (document: Document) => void, path: Path, splice: (source: Source) => string | undefined): void {
    const amended = this.current.document.clone();
    own(amended, path);
    amend(amended);
    const wanted = amended.toJS() as unknown;
    const spliced = splice(this.current);
    this.current = (spliced !== undefined && this.parsedAs(wanted, spliced)) || this.parse(this.rewritten(amended, wanted));
  }

  /** The text parsed, if it means what it should. */
  private parsedAs(wanted: unknown, text: string): Parsed | undefined {
    if (this.isJson && !isDeepStrictEqual(parseObject(text), wanted)) return undefined;
    try {
      const parsed = this.parse(text);
      return isDeepStrictEqual(parsed.value, wanted) ? parsed : undefined;
    } catch {
      return undefined;
    }
  }

  private rewritten(document: Document, wanted: unknown): string {
    const {text} = this.current;
    if (this.isJson) return `${JSON.stringify(wanted, null, /\n([ \t]+)/.exec(text)?.[1])}\n`;
    const written = document.toString({lineWidth: 0, indentSeq: indentsLists(this.current)});
    return written.replaceAll('\n', newlineOf(text));
  }
}

interface Parsed extends Source {
  readonly value: unknown;
}

type Fields = Readonly<Record<string | number, unknown>>;

/** Makes every collection on the way the document's own: nothing is shared by way of an alias, and there is a mapping where there was nothing. */
function own(document: Document, path: Path): void {
  const shared = new Set<string>();
  for (let depth = 0; depth <= path.length; depth += 1) {
    const here = path.slice(0, depth);
    const node = depth === 0 ? document.contents : document.getIn(here, true);
    if (isNode(node) && 'anchor' in node && node.anchor !== undefined) shared.add(node.anchor);
    if (isAlias(node)) document.setIn(here, copyOf(node));
    else if (isCollection(node)) node.flow = node.flow === true && node.items.length > 0;
    else if (isScalar(node) && node.value === null && depth < path.length) document.setIn(here, document.createNode({}));
    else break;
  }
  visit(document, {Alias: (_key, alias) => (shared.has(alias.source) ? copyOf(alias) : undefined)});

  function copyOf(alias: Alias): Node {
    return document.createNode(alias.toJS(document));
  }
}
