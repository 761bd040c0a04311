import {isDeepStrictEqual} from 'node:util';
import {type Alias, type Document, isAlias, isCollection, isNode, isScalar, isSeq, type Node, visit} from 'yaml';
import {parseObject} from '../kube/json.ts';
import {indentsLists, newlineOf, spliceIn, spliceOut, spliceOver} from './yaml-splice.ts';
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
  private text: string;

  constructor(text: string, where: string) {
    this.where = where;
    this.bom = text.startsWith(BOM) ? BOM : '';
    this.text = text.slice(this.bom.length);
    if (this.isJson && parseObject(this.text) === undefined)
      throw unreadable(where, 'it begins like JSON, with {, and is not valid JSON');
    visit(this.parse(), {
      Pair(_, {key}) {
        if (isScalar(key) && key.value === '<<') throw unreadable(where, 'it has merge keys (<<), which kops does not resolve');
      },
    });
  }

  get value(): unknown {
    return plainValue(this.parse(), this.where);
  }

  /** Sets a field or a list item; what is missing above a field is made. */
  set(path: Path, value: string): void {
    const isThere = path.reduce<unknown>((at, step) => (at as Fields | null | undefined)?.[step], this.value) !== undefined;
    this.change(
      (document) => document.setIn(path, value),
      path,
      (document) =>
        isThere ? spliceOver({text: this.text, document}, path, value) : spliceIn({text: this.text, document}, path, value),
    );
  }

  /** Adds an item to the end of a list, which is made where there is none. */
  append(path: Path, item: unknown): void {
    const count = (document: Document) => {
      const list = document.getIn(path, true);
      return isSeq(list) ? list.items.length : undefined;
    };
    this.change(
      (document) => {
        const length = count(document);
        if (length === undefined) document.setIn(path, document.createNode([item]));
        else document.setIn([...path, length], document.createNode(item));
      },
      path,
      (document) => {
        const length = count(document);
        const source = {text: this.text, document};
        return length ? spliceIn(source, [...path, length], item) : spliceIn(source, path, [item]);
      },
    );
  }

  remove(path: Path): void {
    this.change(
      (document) => document.deleteIn(path),
      path,
      (document) => spliceOut({text: this.text, document}, path),
    );
  }

  toString(): string {
    return this.bom + this.text;
  }

  private get isJson(): boolean {
    return this.text.trimStart().startsWith('{');
  }

  private parse(text = this.text): Document {
    return parseDocument(text, this.where);
  }

  private change(amend: (document: Document) => void, path: Path, splice: (document: Document) => string | undefined): void {
    const amended = this.parse();
    own(amended, path);
    amend(amended);
    const wanted = amended.toJS() as unknown;
    const spliced = splice(this.parse());
    this.text = spliced !== undefined && this.means(spliced, wanted) ? spliced : this.rewritten(amended, wanted);
  }

  private means(text: string, wanted: unknown): boolean {
    if (this.isJson) return isDeepStrictEqual(parseObject(text), wanted);
    try {
      return isDeepStrictEqual(plainValue(this.parse(text), this.where), wanted);
    } catch {
      return false;
    }
  }

  private rewritten(document: Document, wanted: unknown): string {
    if (this.isJson) return `${JSON.stringify(wanted, null, /\n([ \t]+)/.exec(this.text)?.[1])}\n`;
    const written = document.toString({lineWidth: 0, indentSeq: indentsLists({text: this.text, document})});
    return written.replaceAll('\n', newlineOf(this.text));
  }
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
