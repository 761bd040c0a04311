import {ExitCode, Problem} from '../../problem.ts';
import {nearest} from '../../text/nearest.ts';
import type {ClusterEntry, Kubeconfig, UserEntry} from './kubeconfig.ts';

/** Which cluster, as whom, and where: what a kubeconfig and the command line come to. */
export interface Access {
  readonly context: string;
  readonly namespace: string;
  readonly server: URL;
  readonly cluster: ClusterEntry;
  readonly user: UserEntry;
}

/** What the command line may say about it. */
export interface AccessOptions {
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  readonly as?: string | undefined;
  readonly asGroups?: readonly string[] | undefined;
}

/** Chooses the context and follows it to its cluster and user. Throws a Problem (exit code 2) where the kubeconfig leads nowhere. */
export function findAccess(kubeconfig: Kubeconfig, options: AccessOptions): Access {
  // As kubectl has it, an empty flag is one that was left out.
  const name = options.context || kubeconfig.currentContext;
  if (name === undefined) throw noContext(kubeconfig);
  const context = kubeconfig.contexts.get(name);
  if (context === undefined) throw unknownContext(name, kubeconfig, !options.context);

  const cluster = kubeconfig.clusters.get(context.cluster ?? '');
  if (cluster === undefined) throw dangling(name, 'cluster', context.cluster, kubeconfig.clusters);
  const user = context.user ? kubeconfig.users.get(context.user) : {};
  if (user === undefined) throw dangling(name, 'user', context.user, kubeconfig.users);

  return {
    context: name,
    namespace: options.namespace || context.namespace || 'default',
    server: serverUrl(name, cluster, user),
    cluster,
    user: impersonating(user, options),
  };
}

/** `--as` and `--as-group` go before what the kubeconfig says, each by itself. */
function impersonating(user: UserEntry, {as, asGroups}: AccessOptions): UserEntry {
  const merged = {...user, ...(as && {as}), ...(asGroups?.length && {'as-groups': asGroups})};
  if (!merged.as && merged['as-groups']?.length) {
    throw new Problem('--as-group needs --as', {
      why: 'groups are impersonated together with a user',
      next: 'add --as USER',
      exitCode: ExitCode.usage,
    });
  }
  return merged;
}

/** A server without a scheme is taken as kubectl does: https where anything about TLS is said. */
function serverUrl(context: string, cluster: ClusterEntry, user: UserEntry): URL {
  const server = cluster.server ?? '';
  const secure =
    cluster['certificate-authority'] ||
    cluster['certificate-authority-data'] ||
    cluster['insecure-skip-tls-verify'] ||
    user['client-certificate'] ||
    user['client-certificate-data'];
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(server) ? server : `${secure ? 'https' : 'http'}://${server}`);
  if (url !== null && server !== '' && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw new Problem(`the cluster of context ${context} has no server that can be reached`, {
    why: server === '' ? 'the kubeconfig names none' : `${server} is not an http or https address`,
    next: 'kubectl config set-cluster NAME --server=https://HOST:PORT',
    exitCode: ExitCode.usage,
  });
}

function noContext({contexts}: Kubeconfig): Problem {
  const [first] = contexts.keys();
  if (first === undefined) {
    return new Problem('there is no cluster to talk to', {
      why: 'the kubeconfig has no contexts',
      next: 'kops lab up',
      exitCode: ExitCode.noAccess,
    });
  }
  return new Problem('no context was chosen', {
    why: `the kubeconfig has no current-context; it has ${listOf(contexts)}`,
    next: `kubectl config use-context ${first}`,
    exitCode: ExitCode.usage,
  });
}

function unknownContext(name: string, {contexts}: Kubeconfig, isCurrent: boolean): Problem {
  const near = nearest(name, contexts.keys());
  return new Problem(`context ${name} does not exist in the kubeconfig${isCurrent ? ', though it is the current one' : ''}`, {
    why: contexts.size > 0 ? `it has ${listOf(contexts, near)}` : 'it has no contexts',
    next: near ? `did you mean --context ${near}?` : 'kubectl config get-contexts',
    exitCode: ExitCode.usage,
  });
}

function dangling(
  context: string,
  what: 'cluster' | 'user',
  name: string | undefined,
  known: ReadonlyMap<string, unknown>,
): Problem {
  return new Problem(`the kubeconfig's context ${context} has no ${what}`, {
    why: name ? `there is no ${what} ${name} in it; it has ${known.size > 0 ? listOf(known) : 'none'}` : `it names no ${what}`,
    next: `kubectl config set-context ${context} --${what}=NAME`,
    exitCode: ExitCode.usage,
  });
}

/** The first few names; the nearest one before all. */
function listOf(known: ReadonlyMap<string, unknown>, near?: string): string {
  const names = [...known.keys()].filter((name) => name !== near).sort();
  if (near !== undefined) names.unshift(near);
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}
