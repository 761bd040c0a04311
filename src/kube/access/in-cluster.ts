import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {Kubeconfig} from './kubeconfig.ts';

/** Where the kubelet puts a pod's service account. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const NAME = 'in-cluster';

/** What a kubeconfig would say to a pod that talks to its own cluster; undefined where this is no pod. */
export async function inClusterKubeconfig(
  env: Readonly<Record<string, string | undefined>>,
  folder = SERVICE_ACCOUNT,
): Promise<Kubeconfig | undefined> {
  const {KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port} = env;
  if (!host || !port) return undefined;
  const tokenFile = join(folder, 'token');
  const [token, namespace] = await Promise.all([readIfThere(tokenFile), readIfThere(join(folder, 'namespace'))]);
  if (token === undefined) return undefined;
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    currentContext: NAME,
    clusters: new Map([[NAME, {server, 'certificate-authority': join(folder, 'ca.crt')}]]),
    users: new Map([[NAME, {tokenFile}]]),
    contexts: new Map([[NAME, {cluster: NAME, user: NAME, ...(namespace && {namespace: namespace.trim()})}]]),
  };
}

const readIfThere = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined);
