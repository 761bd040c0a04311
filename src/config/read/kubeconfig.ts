import {parseKubeconfig, type UserEntry} from '../../kube/access/kubeconfig.ts';

/** Who may go where, without the credentials. */
export interface KubeconfigSummary {
  readonly is: 'kubeconfig';
  readonly currentContext: string | null;
  readonly contexts: readonly {
    readonly name: string;
    readonly server: string | null;
    readonly user: string | null;
    readonly namespace: string | null;
  }[];
  readonly users: readonly {readonly name: string; readonly by: string}[];
}

/** Undefined where a text is none. */
export function kubeconfigOf(text: string): KubeconfigSummary | undefined {
  if (!/\bkind\b["']?:\s*["']?Config\b/.test(text) || !text.includes('clusters')) return undefined;
  const config = parsed(text);
  if (config === undefined) return undefined;
  return {
    is: 'kubeconfig',
    currentContext: config.currentContext ?? null,
    contexts: Array.from(config.contexts, ([name, {cluster = '', user = null, namespace = null}]) => ({
      name,
      server: config.clusters.get(cluster)?.server ?? null,
      user,
      namespace,
    })),
    users: Array.from(config.users, ([name, user]) => ({
      name,
      by: WAYS.find(([field]) => user[field] !== undefined)?.[1] ?? 'nothing',
    })),
  };
}

const WAYS: readonly (readonly [keyof UserEntry, string])[] = [
  ['token', 'token'],
  ['tokenFile', 'token file'],
  ['client-certificate-data', 'client certificate'],
  ['client-certificate', 'client certificate file'],
  ['exec', 'plugin'],
  ['auth-provider', 'plugin'],
  ['password', 'password'],
];

function parsed(text: string) {
  try {
    return parseKubeconfig(text, 'kubeconfig');
  } catch {
    return undefined;
  }
}
