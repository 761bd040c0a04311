import {readFileSync} from 'node:fs';
import {parse} from 'yaml';
import type {Cluster} from '../../src/kube/cluster.ts';
import {type ConnectOptions, connect} from '../../src/kube/connect.ts';
import {connectApi} from './api.ts';
import {writeKubeconfig} from './apiserver.ts';
import {liveCluster} from './live.ts';

/** How the live cluster's administrator reaches it, for kubeconfigs that say the same in another way. */
export interface LiveAccess {
  readonly server: URL;
  /** PEM. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** `certificate-authority-data` and `server`, for a kubeconfig's cluster. */
  readonly cluster: {readonly server: string; readonly 'certificate-authority-data': string};
  /** `client-certificate-data` and `client-key-data`, for a kubeconfig's user. */
  readonly user: object;
}

interface KubeconfigFile {
  readonly 'current-context': string;
  readonly contexts: readonly {name: string; context: {cluster: string; user: string}}[];
  readonly clusters: readonly {name: string; cluster: LiveAccess['cluster']}[];
  readonly users: readonly {name: string; user: {'client-certificate-data': string; 'client-key-data': string}}[];
}

export function liveAccess(): LiveAccess {
  const file = parse(readFileSync(liveCluster().kubeconfig, 'utf8')) as KubeconfigFile;
  const named = <T extends {name: string}>(list: readonly T[], name: string | undefined): T => {
    const found = list.find((entry) => entry.name === name);
    if (found === undefined) throw new Error(`the kubeconfig has no ${name}`);
    return found;
  };
  const {context} = named(file.contexts, file['current-context']);
  const {cluster} = named(file.clusters, context.cluster);
  const {user} = named(file.users, context.user);
  const pem = (base64: string) => Buffer.from(base64, 'base64').toString();
  return {
    server: new URL(cluster.server),
    ca: pem(cluster['certificate-authority-data']),
    certificate: pem(user['client-certificate-data']),
    key: pem(user['client-key-data']),
    cluster,
    user,
  };
}

/** Connects by a kubeconfig of the live cluster in which `cluster` and `user` say something else. */
export async function connectLive(
  {cluster = {}, user}: {cluster?: object; user?: object},
  options: ConnectOptions = {},
): Promise<Cluster> {
  const access = liveAccess();
  const kubeconfig = await writeKubeconfig({...access.cluster, ...cluster}, user ?? access.user);
  return connect({kubeconfig, ...options});
}

/** A token of a service account, as a pod or a CI job has it. */
export async function serviceAccountToken(namespace: string, name = 'default'): Promise<string> {
  const api = connectApi(liveCluster().kubeconfig);
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const {status} = (await api.send('POST', path, {spec: {}})) as {status: {token: string}};
  return status.token;
}

/** Role and binding that give `subject` these verbs on pods. */
export function mayOnPods(subject: object, verbs: readonly string[], resourceNames?: readonly string[]): object[] {
  const metadata = {name: `pods-${verbs.join('-')}`};
  const rbac = 'rbac.authorization.k8s.io';
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata,
      rules: [{apiGroups: [''], resources: ['pods'], verbs, ...(resourceNames && {resourceNames})}],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: {apiGroup: rbac, kind: 'Role', name: metadata.name},
      subjects: [subject],
    },
  ];
}

/** Role and binding that give a user these verbs on Deployments, StatefulSets and DaemonSets, and, where told, on more. */
export function mayOnWorkloads(user: string, verbs: readonly string[], more: readonly object[] = []): object[] {
  const metadata = {name: `workloads-${user}`};
  const rbac = 'rbac.authorization.k8s.io';
  const workloads = {apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets'], verbs};
  return [
    {apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules: [workloads, ...more]},
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: {apiGroup: rbac, kind: 'Role', name: metadata.name},
      subjects: [userNamed(user)],
    },
  ];
}

export const userNamed = (name: string): object => ({kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name});
export const groupNamed = (name: string): object => ({kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name});

/** A pod that no node takes: it stays Pending, on every cluster alike. */
export const pendingPod = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {name, labels: {app: name}},
  spec: {nodeSelector: {'kops.test/nowhere': 'x'}, containers: [{name: 'app', image: 'kops.test/web:1.0'}]},
});
