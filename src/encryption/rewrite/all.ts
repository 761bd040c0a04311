import type {Api} from '../../kube/api.ts';
import type {ObjectRef} from '../../kube/cluster.ts';
import type {ServedResource} from '../../kube/discovery.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {counted} from '../../text/plural.ts';
import {storedResources} from '../resources.ts';
import {type Rewrite, type RewriteOptions, type RewriteTarget, rewrite} from './rewrite.ts';

/** Which objects of a resource are all that has to be rewritten; undefined for every one of them. */
export type StaleOf = (resource: ServedResource, signal: AbortSignal) => Promise<readonly ObjectRef[] | undefined>;

/** Rewrites the objects of these resources, which are named as an EncryptionConfiguration does; see `rewrite`. */
export async function rewriteAll(
  api: Api,
  names: readonly string[],
  staleOf: StaleOf,
  options: RewriteOptions,
  signal: AbortSignal,
): Promise<Rewrite> {
  const targets: RewriteTarget[] = [];
  for (const resource of await storedResources(api, names, signal)) {
    const stale = await staleOf(resource, signal);
    targets.push({resource, ...(stale && {stale})});
  }
  return rewrite(api, targets, options, signal);
}

const NAMED = 5;

/** What could not be rewritten, as a failure of the whole; undefined where all was. */
export function failureOfRewrite({resources}: Pick<Rewrite, 'resources'>): Problem | undefined {
  const failed = resources.flatMap(({resource, failed}) => failed.map(({key, why}) => `${resource} ${key}: ${why}`));
  if (failed.length === 0) return undefined;
  const more = failed.length > NAMED ? [`and ${failed.length - NAMED} more`] : [];
  return new Problem(`${counted(failed.length, 'object')} ${failed.length === 1 ? 'was' : 'were'} not rewritten`, {
    why: [...failed.slice(0, NAMED), ...more].join('\n'),
    next: 'mend what refuses them, then run it again: kops encrypt-at-rest rewrite',
    exitCode: ExitCode.negative,
  });
}
