import {type KeyedLists, keyedLists} from './list-keys.ts';
import {emptyIsNothing, type Fields, isFields, isList, meaningful, sameValue, type Template, type Value} from './semantic.ts';

/** One field that differs. */
export interface TemplateChange {
  /**
   * `template.spec.containers[web].image`: items of a list by what they are known by, map keys with dots or slashes in brackets too.
   * The path of a list whose items only changed places has their names, in order, before and after.
   */
  readonly path: string;
  /** null where the field is not there. */
  readonly before: Value;
  readonly after: Value;
}

interface Place {
  readonly path: string;
  /** Names of the fields on the way: what a value means depends on them. */
  readonly fields: readonly string[];
}

/** What differs between two templates, by field. Spelling does not count: 0.1 is 100m, and an empty list is none. */
export function diffTemplates(before: Template, after: Template): TemplateChange[] {
  return [...differences(meaningful(before), meaningful(after), {path: 'template', fields: []})];
}

function* differences(before: Value | undefined, after: Value | undefined, at: Place): Generator<TemplateChange> {
  if (sameValue(before, after, at.fields)) return;
  const field = at.fields.at(-1) ?? '';
  const [a, b] = [before ?? {}, after ?? {}];
  if (isFields(a) && isFields(b) && (emptyIsNothing(field) || (before && after))) return yield* ofFields(a, b, at);
  const [listA, listB] = [before ?? [], after ?? []];
  const items = isList(listA) && isList(listB) ? keyedLists(field, listA, listB) : undefined;
  if (items) return yield* ofItems(items, at);
  yield {path: at.path, before: before ?? null, after: after ?? null};
}

function* ofFields(before: Fields, after: Fields, {path, fields}: Place): Generator<TemplateChange> {
  for (const name of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
    const child = /^[\w-]+$/.test(name) ? `${path}.${name}` : `${path}[${name}]`;
    yield* differences(before[name], after[name], {path: child, fields: [...fields, name]});
  }
}

function* ofItems({before, after}: KeyedLists, {path, fields}: Place): Generator<TemplateChange> {
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(id), after.get(id)];
    const child = `${path}[${id}]`;
    if (old && now) yield* ofFields(old, now, {path: child, fields});
    else yield {path: child, before: old ?? null, after: now ?? null};
  }
  const stayed = (ids: Iterable<string>) => [...ids].filter((id) => before.has(id) && after.has(id));
  const [oldOrder, newOrder] = [stayed(before.keys()), stayed(after.keys())];
  if (oldOrder.some((id, i) => id !== newOrder[i])) yield {path, before: oldOrder, after: newOrder};
}

/**
 * `after` in the spelling of `before` wherever both mean the same, so that comparing their texts shows no difference that is none. Both
 * as `meaningful` makes them.
 */
export function respell(before: Value | undefined, after: Value, fields: readonly string[] = []): Value {
  if (before === undefined) return after;
  if (sameValue(before, after, fields)) return before;
  if (isFields(before) && isFields(after)) {
    const entries = Object.entries(after).map(([name, value]) => [
      name,
      value && respell(before[name], value, [...fields, name]),
    ]);
    return Object.fromEntries(entries);
  }
  if (!isList(before) || !isList(after)) return after;
  const items = keyedLists(fields.at(-1) ?? '', before, after);
  if (!items) return after.map((item, i) => respell(before[i], item, fields));
  return Array.from(items.after, ([id, item]) => respell(items.before.get(id), item, fields));
}
