import type {
  V1ControllerRevision,
  V1Ingress,
  V1Job,
  V1OwnerReference,
  V1PersistentVolume,
  V1Pod,
  V1PodSpec,
  V1ReplicaSet,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import type {Json, KubeObject} from '../../kube/json.ts';
import {type ConfigUse, configUses, ephemeralUses, type Updates} from '../../rollout/config-uses.ts';

export interface Owner {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Who uses an object, and how. */
export interface User {
  readonly workload: Owner;
  /** Null where it is not one container's. */
  readonly container: string | null;
  readonly via: ConfigUse['via'] | 'serviceAccount' | 'tls';
  /** The variable, the prefix of variables, where it is mounted, or the hosts. */
  readonly at: string | null;
  /** Null where it is all of them. */
  readonly key: string | null;
  readonly updates: Updates;
  readonly optional: boolean;
  /** A revision that pods had, and that `rollout undo` may go back to; null where it is the present. */
  readonly revision: number | null;
}

/** A user, and what it uses. */
export interface Use {
  readonly resource: ConfigUse['resource'];
  readonly namespace: string;
  readonly name: string;
  readonly user: User;
}

interface Templated extends KubeObject {
  spec?: {template?: {spec?: Parameters<typeof configUses>[0]}};
}

/** Of what makes pods from a template. */
export const usesOfTemplate = (kind: string, {metadata, spec}: Templated): Use[] =>
  ofPods(ownerNamed(kind, metadata), configUses(spec?.template?.spec));

/** A ReplicaSet of a Deployment: its pods' while there are any, and what undo would go back to when there are none. */
export function usesOfReplicaSet(replicaSet: Json<V1ReplicaSet>): Use[] {
  const {metadata, spec} = replicaSet;
  const deployment = controllerOf(replicaSet);
  if (deployment?.kind !== 'Deployment') return usesOfTemplate('ReplicaSet', replicaSet as Templated);
  const revision = Number(metadata?.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  const owner = {kind: 'Deployment', namespace: metadata?.namespace ?? '', name: deployment.name};
  return ofPods(owner, configUses(spec?.template?.spec), (spec?.replicas ?? 1) > 0 ? null : revision);
}

/** A revision of a StatefulSet or DaemonSet. `data` is a patch of it: `{spec: {template: …}}`. */
export function usesOfControllerRevision({metadata, revision, data}: Json<V1ControllerRevision>): Use[] {
  const controller = controllerOf({metadata: metadata ?? {}});
  if (controller === undefined) return [];
  const owner = {kind: controller.kind, namespace: metadata?.namespace ?? '', name: controller.name};
  return ofPods(owner, configUses((data as Templated | undefined)?.spec?.template?.spec), revision);
}

/** Nothing of one that has ended. One of a CronJob stands for that: its template may be an older one. */
export function usesOfJob(job: Json<V1Job>): Use[] {
  const ended = (job.status?.conditions ?? []).some(
    ({type, status}) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
  if (ended) return [];
  const controller = controllerOf(job);
  if (controller?.kind !== 'CronJob') return usesOfTemplate('Job', job as Templated);
  return usesOfTemplate('CronJob', {...(job as Templated), metadata: {...job.metadata, name: controller.name}});
}

/** Kinds of which one object has pods of several templates: its own, and older ones that pods wait to be replaced with. */
const WITH_OLD_PODS = new Set(['StatefulSet', 'DaemonSet']);

/**
 * Of a pod what no template says: all of it where nobody's template was read or where it may be of an older one, else its ephemeral containers.
 * `templates`: the kinds whose templates were. Pods of other controllers stand for those.
 */
export function usesOfPod(pod: Json<V1Pod>, templates: ReadonlySet<string>): Use[] {
  const {metadata, spec, status} = pod;
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return [];
  const controller = controllerOf(pod);
  const itself = ownerNamed('Pod', metadata);
  if (controller === undefined || controller.kind === 'Node') return ofPods(itself, configUses(spec));
  const owner = {...itself, kind: controller.kind, name: controller.name};
  if (!templates.has(controller.kind)) return ofPods(owner, configUses(spec));
  const older = WITH_OLD_PODS.has(controller.kind) ? configUses(asMade(spec)) : [];
  return [...ofPods(owner, older), ...ofPods(itself, ephemeralUses(spec))];
}

/** Less what a pod gets later, or from the admission of service accounts: a template has neither. Source: kubernetes, plugin/pkg/admission/serviceaccount. */
const asMade = ({ephemeralContainers, volumes = [], ...spec}: Json<V1PodSpec> = {containers: []}): Json<V1PodSpec> => ({
  ...spec,
  volumes: volumes.filter(({name}) => !name.startsWith('kube-api-access-')),
});

export function usesOfServiceAccount({metadata, secrets = [], imagePullSecrets = []}: Json<V1ServiceAccount>): Use[] {
  const workload = ownerNamed('ServiceAccount', metadata);
  const use = (via: User['via'], name: string | undefined): Use[] =>
    name ? [{resource: 'secrets', namespace: workload.namespace, name, user: {...WHOLE, workload, via, updates: 'restart'}}] : [];
  return [
    ...imagePullSecrets.flatMap(({name}) => use('imagePullSecrets', name)),
    ...secrets.flatMap(({name}) => use('serviceAccount', name)),
  ];
}

export function usesOfIngress({metadata, spec}: Json<V1Ingress>): Use[] {
  const workload = ownerNamed('Ingress', metadata);
  return (spec?.tls ?? []).flatMap(({secretName, hosts = []}): Use[] => {
    const user: User = {...WHOLE, workload, via: 'tls', at: hosts.join(', ') || null, updates: 'live'};
    return secretName ? [{resource: 'secrets', namespace: workload.namespace, name: secretName, user}] : [];
  });
}

/** What a driver logs in with: `csi.nodePublishSecretRef`, `rbd.secretRef` and the like, each with its namespace. */
export function usesOfVolume({metadata, spec = {}}: Json<V1PersistentVolume>): Use[] {
  const workload = ownerNamed('PersistentVolume', metadata);
  return Object.values(spec).flatMap((source) =>
    typeof source !== 'object' || source === null
      ? []
      : Object.entries(source).flatMap(([field, ref]: [string, unknown]): Use[] => {
          const {name, namespace} = (/[sS]ecretRef$/.test(field) && typeof ref === 'object' && ref ? ref : {}) as Partial<Owner>;
          if (!name || !namespace) return [];
          return [
            {resource: 'secrets', namespace, name, user: {...WHOLE, workload, via: 'driver', at: field, updates: 'restart'}},
          ];
        }),
  );
}

const WHOLE = {container: null, at: null, key: null, optional: false, revision: null} as const;

const ofPods = (workload: Owner, uses: readonly ConfigUse[], revision: number | null = null): Use[] =>
  uses.map(({resource, name, ...use}) => ({resource, namespace: workload.namespace, name, user: {workload, ...use, revision}}));

const ownerNamed = (kind: string, metadata: KubeObject['metadata']): Owner => ({
  kind,
  namespace: metadata?.namespace ?? '',
  name: metadata?.name ?? '',
});

const controllerOf = ({metadata}: KubeObject): Json<V1OwnerReference> | undefined =>
  metadata?.ownerReferences?.find(({controller}) => controller);
