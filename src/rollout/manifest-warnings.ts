import type {TemplateChange} from './diff-template.ts';
import {keyedLists} from './list-keys.ts';
import {type Keeper, keeperOf, keeperOfManifest} from './managers.ts';
import {type Fields, isFields, isList, meaningful, sameValue, type Template, type Value} from './semantic.ts';
import type {Warning} from './warning.ts';
import type {Workload} from './workload.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** A field of the template that someone would write again: with which value, and what it is to be. */
interface Held {
  readonly path: string;
  readonly value: Value;
  readonly wanted: Value;
}

/**
 * Who will bring back what an undo takes away, and what to fix there: the manifest that was last applied, the managers that own the
 * fields which change, and a controller that owns the workload. `changes` lead from the workload's template to `target`.
 */
export function manifestWarnings(workload: Workload, target: Template, changes: readonly TemplateChange[]): Warning[] {
  const byKeeper = new Map<string, {keeper: Keeper; held: Held[]}>();
  const note = (keeper: Keeper, held: readonly Held[]) => {
    if (held.length > 0 && !byKeeper.has(keeper.name)) byKeeper.set(keeper.name, {keeper, held: [...held]});
  };
  const metadata = workload.metadata ?? {};
  const manifest = lastApplied(metadata.annotations?.[LAST_APPLIED]);
  if (manifest !== undefined)
    note(keeperOfManifest(metadata), heldOtherwise(meaningful(manifest), meaningful(target), 'template', []));
  for (const entry of metadata.managedFields ?? []) {
    const keeper = entry.subresource ? undefined : keeperOf(entry, metadata);
    // What kubectl apply owns and what it will write again are two things: a manifest that was mended since owns the field too.
    if (keeper === undefined || entry.manager === 'kubectl-client-side-apply') continue;
    const owned = changes.filter(({path, before}) => before !== null && owns(entry.fieldsV1, path));
    note(
      keeper,
      owned.map(({path, before, after}) => ({path, value: before, wanted: after})),
    );
  }
  return [...byKeeper.values()].map(keeperWarning).concat(ownerWarning(workload));
}

function keeperWarning({keeper: {name, place, otherwise}, held}: {keeper: Keeper; held: readonly Held[]}): Warning {
  // Of several fields the image says most.
  const {path, value, wanted} = (held.find((field) => field.path.endsWith('.image')) ?? held[0]) as Held;
  const more = held.length > 1 ? `, and ${held.length - 1} more` : '';
  const remedy =
    wanted === null ? `take it out of ${place}` : `set it to ${isScalar(wanted) ? wanted : 'what it was'} in ${place}`;
  return {
    reason: 'ManifestDiffers',
    message: `${name} will bring ${isScalar(value) ? value : 'the change'} back: it holds spec.${path}${more}`,
    hint: otherwise ? `${remedy}, or ${otherwise}` : remedy,
  };
}

function ownerWarning({metadata}: Workload): Warning[] {
  const owner = metadata?.ownerReferences?.find(({controller}) => controller);
  if (owner === undefined) return [];
  const object = `${owner.kind.toLowerCase()}/${owner.name}`;
  return [
    {
      reason: 'OwnedByController',
      object,
      message: `${object} owns it: its controller may undo this`,
      hint: `change ${object} instead`,
    },
  ];
}

/** Its template, or undefined where the annotation is missing or garbled. */
function lastApplied(annotation: string | undefined): Template | undefined {
  try {
    const template = (JSON.parse(annotation ?? 'null') as {spec?: {template?: Value}} | null)?.spec?.template;
    return isFields(template) ? (template as Template) : undefined;
  } catch {
    return undefined;
  }
}

/** Where a manifest says something else than the target has. What it leaves out it does not care for: those are defaults. */
function heldOtherwise(manifest: Value | undefined, target: Value | undefined, path: string, fields: readonly string[]): Held[] {
  if (manifest === undefined || sameValue(manifest, target, fields)) return [];
  if (target === undefined && (manifest === false || manifest === 0)) return [];
  if (isFields(manifest) && isFields(target ?? {})) {
    const inside = (target ?? {}) as Fields;
    return Object.entries(manifest).flatMap(([name, value]) =>
      heldOtherwise(value, inside[name], /^[\w-]+$/.test(name) ? `${path}.${name}` : `${path}[${name}]`, [...fields, name]),
    );
  }
  if (isList(manifest) && isList(target)) {
    const items = keyedLists(fields.at(-1) ?? '', manifest, target);
    if (items)
      return [...items.before].flatMap(([id, item]) => {
        const there = items.after.get(id);
        return there
          ? heldOtherwise(item, there, `${path}[${id}]`, fields)
          : [{path: `${path}[${id}]`, value: item, wanted: null}];
      });
    const same =
      manifest.length === target.length && manifest.every((item, i) => heldOtherwise(item, target[i], path, fields).length === 0);
    if (same) return [];
  }
  return [{path, value: manifest, wanted: target ?? null}];
}

/** Whether a manager owns the field at a path: https://kubernetes.io/docs/reference/using-api/server-side-apply/#fieldsv1 */
function owns(fieldsV1: object | undefined, path: string): boolean {
  let at: Fields | undefined = (fieldsV1 as Fields | undefined)?.['f:spec'] as Fields | undefined;
  for (const [, name, item] of path.matchAll(/([^.[\]]+)|\[([^\]]*)\]/g)) {
    if (at === undefined) return false;
    if (Object.keys(at).length === 0) return true; // owned as a whole, whatever is in it
    at = (at[`f:${name ?? item}`] as Fields | undefined) ?? (item === undefined ? undefined : itemOf(at, item));
  }
  return at !== undefined;
}

function itemOf(list: Fields, id: string): Fields | undefined {
  const key = Object.keys(list).find(
    (k) =>
      k.startsWith('k:') &&
      Object.values(JSON.parse(k.slice(2)) as object)
        .map(String)
        .includes(id),
  );
  return key === undefined ? undefined : (list[key] as Fields);
}

const isScalar = (value: Value): value is string | number | boolean => typeof value !== 'object';
