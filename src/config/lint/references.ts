import {type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap} from 'yaml';

/** A place in a manifest that names a ConfigMap or a Secret. */
export interface Reference {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
  /** Null where it is all of it. */
  readonly key: string | null;
  readonly optional: boolean;
  /** Offset in the text. */
  readonly at: number;
}

/** A `valueFrom` that does not say from what. */
export interface Sourceless {
  readonly name: string | null;
  readonly at: number;
}

/**
 * Every reference below a node, and every `valueFrom` without one, wherever they stand: in workloads of any kind, in custom ones, and in
 * pieces of a manifest.
 */
export function referencesIn(node: unknown, document: Document): {references: Reference[]; sourceless: Sourceless[]} {
  const references: Reference[] = [];
  const sourceless: Sourceless[] = [];
  walk(node, []);
  return {references, sourceless};

  function walk(node: unknown, path: readonly string[]): void {
    const here = isAlias(node) ? undefined : node; // what an alias stands for is visited where it is
    if (isSeq(here)) for (const item of here.items) walk(item, path);
    if (!isMap(here)) return;
    for (const pair of here.items) {
      const field = isScalar(pair.key) ? String(pair.key.value) : '';
      const inside = [...path, field];
      if (isMap(pair.value)) visit(inside, pair, pair.value);
      walk(pair.value, inside);
    }
  }

  function visit(path: readonly string[], pair: Pair, map: YAMLMap): void {
    const [parent, field] = [path.at(-2), path.at(-1)];
    const text = (name: string): string | null => {
      const value = map.get(name);
      return typeof value === 'string' ? value : null;
    };
    const add = (kind: Reference['kind'], name: string | null, keys: readonly (readonly [string | null, number])[]) => {
      if (name === null) return;
      for (const [key, at] of keys) references.push({kind, name, key, optional: map.get('optional') === true, at});
    };
    const at = startOf(pair.key);
    if (field === 'secretKeyRef') add('Secret', text('name'), [[text('key'), valueAt(map, 'key') ?? at]]);
    if (field === 'configMapKeyRef') add('ConfigMap', text('name'), [[text('key'), valueAt(map, 'key') ?? at]]);
    if (field === 'secretRef' && parent === 'envFrom') add('Secret', text('name'), [[null, valueAt(map, 'name') ?? at]]);
    if (field === 'configMapRef' && parent === 'envFrom') add('ConfigMap', text('name'), [[null, valueAt(map, 'name') ?? at]]);
    if (field === 'secret' && (parent === 'volumes' || parent === 'sources')) {
      const name = parent === 'volumes' ? 'secretName' : 'name';
      add('Secret', text(name), itemsOf(map) ?? [[null, valueAt(map, name) ?? at]]);
    }
    if (field === 'configMap' && (parent === 'volumes' || parent === 'sources'))
      add('ConfigMap', text('name'), itemsOf(map) ?? [[null, valueAt(map, 'name') ?? at]]);
    if (field === 'valueFrom' && hasNoSource(map)) sourceless.push({name: text('name'), at});
  }

  function valueAt(map: YAMLMap, field: string): number | undefined {
    const node = map.get(field, true) as Node | undefined;
    return node === undefined ? undefined : startOf(node);
  }

  function itemsOf(map: YAMLMap): (readonly [string | null, number])[] | undefined {
    const items = map.get('items', true);
    if (!isSeq(items)) return undefined;
    return items.items.flatMap((item) => {
      const key = isMap(item) ? item.get('key') : undefined;
      return isMap(item) && typeof key === 'string' ? [[key, valueAt(item, 'key') ?? startOf(item)] as const] : [];
    });
  }

  function startOf(node: unknown): number {
    const resolved = isAlias(node) ? node.resolve(document) : node;
    return (resolved as Node | undefined)?.range?.[0] ?? 0;
  }
}

/** `name` and `key` stand in it themselves, one level too high. Custom resources may have a `valueFrom` of another form. */
const hasNoSource = (map: YAMLMap): boolean =>
  (map.has('key') || map.has('name')) && !map.items.some(({key}) => isScalar(key) && /Ref$/.test(String(key.value)));
