import type {V1Container, V1EphemeralContainer, V1Pod, V1Volume} from '@kubernetes/client-node';
import type {Cluster, ObjectRef} from '../kube/cluster.ts';
import type {Json} from '../kube/json.ts';
import {getNamed} from '../kube/lookup.ts';

export interface ResidentPod {
  readonly name: string;
  /** How it uses the Secret: `volume certs`, `env DB_PASSWORD of container app` … */
  readonly via: readonly string[];
}

/** A node whose kubelet holds the Secret in memory, in plaintext, as long as these pods are there. */
export interface Resident {
  readonly node: string;
  readonly pods: readonly ResidentPod[];
}

/** Where one Secret is in memory now. Rejects with a Problem that names the nearest one where there is no such Secret. */
export async function residentsOf(cluster: Cluster, secret: Required<ObjectRef>, signal: AbortSignal): Promise<Resident[]> {
  const {namespace, name} = secret;
  const retry = (near: {name: string; namespace: string}) =>
    `kops encrypt-at-rest status --secret ${near.name} -n ${near.namespace}`;
  await getNamed(cluster, 'secrets', secret, retry, signal);
  return residentsAmong(await cluster.list('pods', {namespace}, signal), name);
}

/** The pods that are on a node and not at their end, by node: kubelet takes a Secret when such a pod comes, and drops it with the last one. */
export function residentsAmong(pods: readonly Json<V1Pod>[], secret: string): Resident[] {
  const found = pods.flatMap((pod) => {
    const node = pod.spec?.nodeName;
    const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    const via = usesOf(pod, secret);
    return node === undefined || isOver || via.length === 0 ? [] : [{node, name: pod.metadata?.name ?? '', via}];
  });
  return [...Map.groupBy(found, ({node}) => node)]
    .map(([node, users]) => ({node, pods: users.map(({name, via}) => ({name, via})).sort((a, b) => (a.name < b.name ? -1 : 1))}))
    .sort((a, b) => (a.node < b.node ? -1 : 1));
}

function usesOf({spec}: Json<V1Pod>, secret: string): string[] {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])];
  return [
    ...(spec?.volumes ?? []).filter((volume) => secretsOf(volume).includes(secret)).map(({name}) => `volume ${name}`),
    ...containers.flatMap((container) => environmentOf(container, secret)),
    ...(spec?.imagePullSecrets?.some(({name}) => name === secret) ? ['imagePullSecrets'] : []),
  ];
}

function environmentOf({name, env = [], envFrom = []}: Json<V1Container> | Json<V1EphemeralContainer>, secret: string): string[] {
  return [
    ...(envFrom.some(({secretRef}) => secretRef?.name === secret) ? [`envFrom of container ${name}`] : []),
    ...env
      .filter(({valueFrom}) => valueFrom?.secretKeyRef?.name === secret)
      .map((variable) => `env ${variable.name} of container ${name}`),
  ];
}

/** Drivers of old take theirs by `secretRef`, azureFile by name, CSI for the mount alone. */
function secretsOf(volume: Json<V1Volume>): (string | undefined)[] {
  const {secret, projected, csi, azureFile, cephfs, cinder, flexVolume, iscsi, rbd, scaleIO, storageos} = volume;
  return [
    secret?.secretName,
    ...(projected?.sources ?? []).map((source) => source.secret?.name),
    csi?.nodePublishSecretRef?.name,
    azureFile?.secretName,
    ...[cephfs, cinder, flexVolume, iscsi, rbd, scaleIO, storageos].map((driver) => driver?.secretRef?.name),
  ];
}
