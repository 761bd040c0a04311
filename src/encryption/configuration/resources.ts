import {entryKey, groupResource} from './coverage.ts';
import type {FieldReader} from './flaws.ts';
import type {ResourceRule} from './types.ts';

/** What the API server refuses as an entry of `resources`. Source: validateResourceNames, in its order. */
export function resourceFlaw(text: string): string | undefined {
  const {group, resource} = groupResource(text);
  if (text.toLowerCase() !== text) return `has capital letters: it is written ${text.toLowerCase()}`;
  if (text === '*') return "must not be a bare '*': the core group is '*.', and everything is '*.*'";
  if (['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations'].includes(text)) {
    return `is ${text}, which has no API and cannot be encrypted`;
  }
  if (group === 'events.k8s.io') return 'must be events: they are stored in the core group';
  if (group === 'extensions') return 'is of the group extensions, which the API no longer has';
  if (group === '*' && resource !== '*') return `is ${text}: one resource across all groups is not possible`;
  return undefined;
}

/**
 * Overlaps within a rule, and entries that an earlier rule's wildcard makes ineffective. Source: validateResourceOverlap, and
 * getTransformerOverridesAndKMSPluginProbes.
 */
export function reportOverlaps(reader: FieldReader, rules: readonly ResourceRule[]): void {
  const earlier = new Set<string>();
  for (const [ruleIndex, {resources}] of rules.entries()) {
    const keys = resources.map(entryKey);
    for (const [index, key] of keys.entries()) {
      const flaw = overlapFlaw(key, keys, index) ?? maskFlaw(key, earlier);
      if (flaw) reader.report(['resources', ruleIndex, 'resources', index], flaw);
    }
    for (const key of keys) earlier.add(key);
  }
}

const groupWildcard = (key: string): string => `*.${groupResource(key).group}`;

function overlapFlaw(key: string, keys: readonly string[], index: number): string | undefined {
  if (keys.indexOf(key) < index) return 'stands in this rule for the second time';
  const wildcard = ['*.*', groupWildcard(key)].find((candidate) => candidate !== key && keys.includes(candidate));
  return wildcard && `is covered by ${wildcard} in the same rule, which the API server refuses`;
}

function maskFlaw(key: string, earlier: ReadonlySet<string>): string | undefined {
  const mask = [groupWildcard(key), '*.*'].find((candidate) => earlier.has(candidate));
  return mask && `would never take effect behind ${mask} of an earlier rule: put it before that`;
}
