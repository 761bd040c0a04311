import type {Api} from '../kube/api.ts';
import type {Cluster} from '../kube/cluster.ts';
import {discoverResources, type ServedResource} from '../kube/discovery.ts';
import {qualifiedName} from '../kube/resources.ts';
import type {EncryptionConfiguration} from './configuration/configuration.ts';
import {entriesOf, entryKey, groupResource} from './configuration/coverage.ts';

/** What is stored can be read and written back; componentstatuses, which are made up at each request, can only be read. */
const VERBS = ['get', 'list', 'update'];
/** The API server keeps them as events of the core group, and lets an EncryptionConfiguration name them as those only. */
const SAME_AS_EVENTS = 'events.events.k8s.io';

/** What names and wildcards stand for in this cluster, as far as it is stored and can be rewritten. Unknown names are a Problem. */
export async function storedResources(api: Api, names: readonly string[], signal: AbortSignal): Promise<ServedResource[]> {
  const found = await discoverResources(api, names, VERBS, signal);
  return found.filter((resource) => qualifiedName(resource) !== SAME_AS_EVENTS || names.includes(SAME_AS_EVENTS));
}

/** The same by their names, as an EncryptionConfiguration has them. */
export async function expandResources({api}: Cluster, names: readonly string[], signal: AbortSignal): Promise<string[]> {
  return (await storedResources(api, names, signal)).map(qualifiedName);
}

/** Whether that entry is a wildcard which stands for the other one too. */
export const covers = (wildcard: string, entry: string): boolean =>
  wildcard === '*.*' || (wildcard.startsWith('*.') && groupResource(wildcard).group === groupResource(entry).group);

/**
 * What a configuration that covers `names` has to name: wildcards stay, so that they cover kinds that come later, and beside them everything
 * that they stand for and that has an entry of its own in `base`, which would go on to speak for it. `resources`: what the names stand for.
 */
export function entriesFor(
  names: readonly string[],
  resources: readonly string[],
  base: EncryptionConfiguration | undefined,
): string[] {
  const isCovered = (entry: string) => names.some((name) => covers(name, entry));
  const own = base ? entriesOf(base).filter(isCovered) : [];
  const plain = resources.filter((resource) => names.includes(resource) || !isCovered(resource));
  const wildcards = names.filter((name) => name.startsWith('*.'));
  return [...new Map([...plain, ...wildcards, ...own].map((entry) => [entryKey(entry), entry])).values()];
}

/** What to type for these: `kops encrypt-at-rest setup --resources configmaps`. Secrets alone are what it is about anyway. */
export const commandFor = (verb: 'setup' | 'rewrite', resources: readonly string[]): string =>
  `kops encrypt-at-rest ${verb}${resources.join() === 'secrets' ? '' : ` --resources ${resources.join()}`}`;
