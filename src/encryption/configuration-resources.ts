import {entryKey, groupResource} from './configuration-coverage.ts';
import type {Flaw, Reader} from './configuration-decode.ts';

/** What the API server refuses as the name of a resource. Source: validateResourceNames, in its order. */
export function resourceFlaw(reader: Reader, resource: string, path: Flaw['path']): void {
  const message = judge(resource);
  if (message) reader.report(path, message);
}

function judge(text: string): string | undefined {
  const {group, resource} = groupResource(text);
  if (text.toLowerCase() !== text) return `resource names have no capital letters: ${text.toLowerCase()}`;
  if (text === '*') return "a bare '*' is not allowed: '*.' is the core group, '*.*' is everything";
  if (['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations'].includes(text)) {
    return `${text} has no API of its own and cannot be encrypted`;
  }
  if (group === 'events.k8s.io') return "events are stored under the core group: write 'events'";
  if (group === 'extensions') return 'the group extensions is gone from the API';
  if (group === '*' && resource !== '*') return `${text} would be one resource across groups, which is not supported`;
  return undefined;
}

/**
 * Overlaps within one rule, and entries that an earlier wildcard makes ineffective. Source: validateResourceOverlap, and
 * getTransformerOverridesAndKMSPluginProbes.
 * @param masks the entries of the rules before this one; this rule's are added
 */
export function overlapFlaw(reader: Reader, resources: readonly string[], path: Flaw['path'], masks: Map<string, string>): void {
  const seen = new Set<string>();
  const keys = resources.map(entryKey);
  for (const [index, key] of keys.entries()) {
    const text = resources[index] ?? '';
    const {group} = groupResource(text);
    if (seen.has(key)) reader.report([...path, index], `${text} stands twice in one rule`);
    else if (keys.length > 1 && (key === '*.*' || keys.some((other) => other !== key && other === `*.${group}`))) {
      reader.report([...path, index], `${text} overlaps with another entry of the same rule, which would be masked`);
    }
    const mask = masks.get(`*.${group}`) ?? masks.get('*.*');
    if (mask !== undefined) reader.report([...path, index], `${text} is masked by the earlier ${mask}: put it before that`);
    seen.add(key);
  }
  for (const [index, key] of keys.entries()) masks.set(key, resources[index] ?? key);
}
