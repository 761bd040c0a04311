import {isDeepStrictEqual} from 'node:util';
import type {JsonPatch} from '../../src/kube/cluster.ts';

type Container = Record<string, unknown> | unknown[];

/** The object after the patch; undefined where a `test` fails or a path does not exist. RFC 6902, as far as kops uses it. */
export function applyJsonPatch<T>(object: T, patch: JsonPatch): T | undefined {
  const result = structuredClone(object);
  return patch.every((operation) => apply(result as Container, operation)) ? result : undefined;
}

function apply(root: Container, operation: JsonPatch[number]): boolean {
  const keys = operation.path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop() ?? '';
  const parent = keys.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], root) as
    | Container
    | undefined;
  if (parent === undefined) return false;
  const fields = parent as Record<string, unknown>;
  if (operation.op === 'add') {
    if (Array.isArray(parent)) parent.splice(last === '-' ? parent.length : Number(last), 0, operation.value);
    else fields[last] = operation.value;
    return true;
  }
  if (!(last in parent)) return false;
  if (operation.op === 'test') return isDeepStrictEqual(fields[last], operation.value);
  if (operation.op === 'replace') fields[last] = operation.value;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete fields[last];
  return true;
}
