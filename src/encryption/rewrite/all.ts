import type {Api} from '../../kube/api.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {counted} from '../../text/plural.ts';
import {storedResources} from '../resources.ts';
import {type Rewrite, type RewriteOptions, rewrite} from './rewrite.ts';

/** Rewrites all objects of these resources, which are named as an EncryptionConfiguration does; see `rewrite`. */
export async function rewriteAll(
  api: Api,
  names: readonly string[],
  options: RewriteOptions,
  signal: AbortSignal,
): Promise<Rewrite> {
  const resources = await storedResources(api, names, signal);
  return rewrite(
    api,
    resources.map((resource) => ({resource})),
    options,
    signal,
  );
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
