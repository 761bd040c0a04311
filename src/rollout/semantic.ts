import type {V1PodTemplateSpec} from '@kubernetes/client-node';
import type {Json} from '../kube/json.ts';
import {parseQuantity} from '../kube/quantity.ts';

export type Template = Json<V1PodTemplateSpec>;

/** Any JSON. */
export type Value = string | number | boolean | null | readonly Value[] | Fields;
export interface Fields {
  readonly [field: string]: Value | undefined;
}

/** Maps, and structs held by value: for Go `{}` is the same as nothing there. Elsewhere (`emptyDir: {}`) it means something. */
const EMPTY_IS_NOTHING = new Set(
  'annotations labels limits matchLabels metadata nodeSelector options overhead requests resources spec volumeAttributes'.split(
    ' ',
  ),
);
export const emptyIsNothing = (field: string): boolean => EMPTY_IS_NOTHING.has(field);
/** Pointers to strings: `""` differs from nothing. */
const EMPTY_STRING_MEANS_SOMETHING = new Set(['storageClassName', 'type', 'volumeAttributesClassName']);

/** Whether two templates are one revision: apimachinery's Semantic.DeepEqual, `pod-template-hash` ignored (nil = empty, 1000m = 1). */
export const sameTemplate = (a: Template, b: Template): boolean => sameValue(meaningful(a), meaningful(b), []);

/** A template without `pod-template-hash` and without what Go does not tell from nothing: null, empty lists, maps and strings. */
export function meaningful(template: Template): Fields {
  return (clean(withoutHash(template) as Value, 'template') ?? {}) as Fields;
}

/** The template as a user would have written it: its ReplicaSet adds the label `pod-template-hash`. */
export function withoutHash(template: Template): Template {
  if (template.metadata?.labels?.['pod-template-hash'] === undefined) return template;
  const {'pod-template-hash': _, ...labels} = template.metadata.labels;
  return {...template, metadata: {...template.metadata, labels}};
}

function clean(value: Value | undefined, field: string): Value | undefined {
  if (value === null || value === undefined) return undefined;
  if (value === '') return EMPTY_STRING_MEANS_SOMETHING.has(field) ? value : undefined;
  if (isList(value)) {
    const items = value.map((item) => (typeof item === 'string' ? item : (clean(item, '') ?? {})));
    return items.length > 0 ? items : undefined;
  }
  if (!isFields(value)) return value;
  const entries = Object.entries(value)
    .map(([name, inner]) => [name, clean(inner, name)] as const)
    .filter(([, inner]) => inner !== undefined);
  return entries.length > 0 || !emptyIsNothing(field) ? Object.fromEntries(entries) : undefined;
}

/** Compares what `meaningful` has cleaned. `path` holds the names of the fields on the way down: quantities are told by where they are. */
export function sameValue(a: Value | undefined, b: Value | undefined, path: readonly string[]): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return isZeroDivisor(a ?? b, path);
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i], path));
  if (isFields(a)) {
    if (!isFields(b)) return false;
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => sameValue(a[name], b[name], [...path, name]));
  }
  return isQuantity(path) && sameQuantity(a, b);
}

/** Where resource.Quantity stands in a pod template. */
function isQuantity(path: readonly string[]): boolean {
  const [grandparent, parent, field] = [path.at(-3), path.at(-2), path.at(-1)];
  if (parent === 'limits' || parent === 'requests') return grandparent === 'resources';
  if (parent === 'overhead') return grandparent === 'spec';
  return (field === 'sizeLimit' && parent === 'emptyDir') || isDivisor(path);
}

const isDivisor = (path: readonly string[]): boolean => path.at(-1) === 'divisor' && path.at(-2) === 'resourceFieldRef';

/** The API server writes an absent divisor as "0". */
const isZeroDivisor = (value: Value | undefined, path: readonly string[]): boolean => isDivisor(path) && value === '0';

function sameQuantity(a: Value, b: Value): boolean {
  if (!isScalar(a) || !isScalar(b)) return false;
  const quantity = parseQuantity(a);
  return quantity !== undefined && quantity === parseQuantity(b);
}

const isScalar = (value: Value): value is string | number => typeof value === 'string' || typeof value === 'number';
export const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);
export const isFields = (value: Value | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
