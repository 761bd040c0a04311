import {ExitCode, Problem} from '../../problem.ts';
import {enumerate} from '../../text/enumerate.ts';
import {entryKey, groupResource, rulesFor} from './coverage.ts';
import type {EncryptionConfiguration, ResourceRule} from './types.ts';

export interface Isolated {
  readonly rules: readonly ResourceRule[];
  /** Those of `rules` that speak for what was asked for, and for nothing else. */
  readonly mine: ReadonlySet<ResourceRule>;
}

/**
 * The same configuration with rules of their own for `resources`, so that a change of these changes nothing else. What a wildcard covers
 * gets a copy of its rule in front of it; what nothing covers gets `identity`, which is how it is stored. A wildcard that is asked for
 * stands for what has no entry of its own. Rejects where a KMS provider would have to stand in two rules: the API server refuses that.
 */
export function isolate(configuration: EncryptionConfiguration, resources: readonly string[]): Isolated {
  const {rules} = configuration;
  const asked = new Map(resources.map((resource) => [entryKey(resource), resource]));
  const mine = new Set<ResourceRule>();
  const before = rules.map((): ResourceRule[] => []);
  const behind: ResourceRule[] = [];
  for (const {entries, sources} of groupBySources(configuration, asked)) {
    const rule = gather(rules, entries, sources);
    mine.add(rule);
    (before[sources[0] ?? -1] ?? behind).push(rule);
  }
  const others = rules.flatMap((rule, index) => {
    const rest = rule.resources.filter((entry) => !asked.has(entryKey(entry)));
    return [...(before[index] ?? []), ...(rest.length > 0 ? [{...rule, resources: rest}] : [])];
  });
  const isolated = [...others, ...behind];
  const shared = sharedKms(isolated);
  if (shared) {
    const all = shared.resources.flat();
    throw new Problem(`${enumerate(resources)} cannot be changed apart from what else the KMS provider ${shared.name} is for`, {
      why: `the API server lets a KMS provider stand in one rule only, and its rule is for ${enumerate(all)}`,
      next: `change all of them at once: --resources ${all.join(',')}`,
      exitCode: ExitCode.negative,
    });
  }
  return {rules: isolated, mine};
}

interface Group {
  readonly entries: string[];
  /** Indices of the rules that speak for all of these; empty where none does. */
  readonly sources: readonly number[];
}

/** What is asked for, by the rules that speak for it now; in the order in which rules at one place must stand. */
function groupBySources(configuration: EncryptionConfiguration, asked: ReadonlyMap<string, string>): Group[] {
  const groups = new Map<string, Group & {readonly rank: number}>();
  for (const [key, text] of asked) {
    const {entry, indices} = rulesFor(configuration, text);
    const rank = entry === key && indices.length > 0 ? NAMED_THERE : rankOf(key);
    const id = `${rank} ${indices.join()}`;
    const group = groups.get(id) ?? {entries: [], sources: indices, rank};
    group.entries.push(text);
    groups.set(id, group);
  }
  return [...groups.values()].sort((a, b) => a.rank - b.rank);
}

/** Plain names before a group's wildcard before `*.*`: the API server refuses what an earlier wildcard masks. */
function rankOf(key: string): number {
  if (key === '*.*') return 2;
  return groupResource(key).resource === '*' ? 1 : 0;
}
/** What a rule names itself comes behind what it only covers. */
const NAMED_THERE = 3;

/** One rule with all the providers that are in force for these entries. */
function gather(rules: readonly ResourceRule[], entries: readonly string[], sources: readonly number[]): ResourceRule {
  const speaking = sources.flatMap((index) => rules[index] ?? []);
  const [first] = speaking;
  if (first === undefined) return {resources: entries, providers: [{type: 'identity'}]};
  const wanted = new Set(entries.map(entryKey));
  const named = first.resources.filter((entry) => wanted.has(entryKey(entry)));
  return {resources: named.length > 0 ? named : entries, providers: speaking.flatMap(({providers}) => providers)};
}

/** A KMS provider that stands in two rules, and what these are for; undefined where none does. */
export function sharedKms(
  rules: readonly ResourceRule[],
): {readonly name: string; readonly resources: readonly (readonly string[])[]} | undefined {
  const holders = new Map<string, readonly string[]>();
  for (const {resources, providers} of rules) {
    for (const provider of providers) {
      if (provider.type !== 'kms') continue;
      const others = holders.get(provider.name);
      if (others) return {name: provider.name, resources: [others, resources]};
      holders.set(provider.name, resources);
    }
  }
  return undefined;
}
