import {type Fields, isFields, type Value} from './semantic.ts';

/** Lists whose items are told apart by fields of theirs: the API's merge keys, and others where those make the better diff. */
const LIST_KEYS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  containers: [['name']],
  initContainers: [['name']],
  ephemeralContainers: [['name']],
  env: [['name']],
  volumes: [['name']],
  imagePullSecrets: [['name']],
  httpHeaders: [['name']],
  sysctls: [['name']],
  claims: [['name']],
  resourceClaims: [['name']],
  schedulingGates: [['name']],
  ports: [['name'], ['containerPort'], ['containerPort', 'protocol']],
  volumeMounts: [['mountPath']],
  volumeDevices: [['devicePath']],
  hostAliases: [['ip']],
  items: [['key'], ['path']],
  readinessGates: [['conditionType']],
  topologySpreadConstraints: [['topologyKey'], ['topologyKey', 'whenUnsatisfiable']],
};

export interface KeyedLists {
  readonly before: ReadonlyMap<string, Fields>;
  readonly after: ReadonlyMap<string, Fields>;
}

/** Two states of the list in `field`, item by name. Undefined where its items have none, or not one each (`env` may repeat a name). */
export function keyedLists(field: string, before: readonly Value[], after: readonly Value[]): KeyedLists | undefined {
  for (const names of LIST_KEYS[field] ?? []) {
    const [a, b] = [byId(before, names), byId(after, names)];
    if (a && b) return {before: a, after: b};
  }
  return undefined;
}

export const hasKeys = (field: string): boolean => field in LIST_KEYS;

function byId(list: readonly Value[], names: readonly string[]): Map<string, Fields> | undefined {
  const items = list.map((item) => [idOf(item, names), item] as const);
  const map = new Map(items.filter((item): item is [string, Fields] => item[0] !== undefined));
  return map.size === list.length ? map : undefined;
}

function idOf(item: Value, names: readonly string[]): string | undefined {
  if (!isFields(item)) return undefined;
  const parts = names.map((name) => item[name]);
  return parts.every((part) => typeof part === 'string' || typeof part === 'number') ? parts.join('/') : undefined;
}
