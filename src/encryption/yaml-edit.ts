import {type Document, isAlias, isMap, isSeq} from 'yaml';
import {type Path, parseDocument} from './yaml-text.ts';

/**
 * A YAML text that is changed by structure: comments, order, unknown fields and the style of the rest stay. Anchors are kept; an alias on
 * the way to a change becomes a copy first, so that nothing else changes along.
 */
export class YamlEdit {
  private readonly document: Document;
  private readonly original: string;
  private changed = false;

  constructor(text: string, where: string) {
    this.original = text;
    this.document = parseDocument(text, where);
  }

  get value(): unknown {
    return this.document.toJS();
  }

  /** Sets a field or a list item. */
  set(path: Path, value: unknown): void {
    this.own(path.slice(0, -1));
    this.document.setIn(path, this.document.createNode(value));
    this.changed = true;
  }

  /** Adds an item to the end of a list, which is made where there is none. */
  append(path: Path, item: unknown): void {
    this.own(path);
    const list = this.document.getIn(path, true);
    if (isSeq(list)) {
      if (list.items.length === 0) list.flow = false;
      list.add(this.document.createNode(item));
    } else this.document.setIn(path, this.document.createNode([item]));
    this.changed = true;
  }

  remove(path: Path): void {
    this.own(path.slice(0, -1));
    this.document.deleteIn(path);
    this.changed = true;
  }

  toString(): string {
    if (!this.changed) return this.original;
    return this.document.toString({lineWidth: 0, indentSeq: false});
  }

  /** Makes sure that every collection on the way is the document's own: no alias, nothing merged in. */
  private own(path: Path): void {
    for (let depth = 0; depth <= path.length; depth += 1) {
      const here = path.slice(0, depth);
      const node = here.length === 0 ? this.document.contents : this.document.getIn(here, true);
      if (isMap(node) || isSeq(node)) continue;
      const value = here.reduce<unknown>((at, step) => (at as Record<string | number, unknown> | undefined)?.[step], this.value);
      if (isAlias(node) || (node === undefined && value !== undefined))
        this.document.setIn(here, this.document.createNode(value));
      else if (value === undefined || value === null) return;
    }
  }
}
