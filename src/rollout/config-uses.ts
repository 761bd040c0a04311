import type {V1Container, V1EphemeralContainer, V1PodSpec, V1Volume, V1VolumeMount} from '@kubernetes/client-node';
import type {Json} from '../kube/json.ts';

/**
 * When pods see a change: `live` where the kubelet brings it into a volume (about a minute), `restart` where they read it as they start,
 * `never` where a container mounts it by subPath, which stays as it was for that container's life.
 */
export type Updates = 'live' | 'restart' | 'never';

/** One way in which pods of a spec take something from a ConfigMap or a Secret. */
export interface ConfigUse {
  readonly resource: 'configmaps' | 'secrets';
  readonly name: string;
  /** Null where it is all of them. */
  readonly key: string | null;
  /** Pods start without it. */
  readonly optional: boolean;
  /** Null where it is not one container's: pull secrets, volumes that nobody mounts. */
  readonly container: string | null;
  readonly via: 'env' | 'envFrom' | 'volume' | 'projected' | 'driver' | 'imagePullSecrets';
  /** The variable, or where it is mounted; what is put before each variable's name. */
  readonly at: string | null;
  readonly updates: Updates;
}

type Container = Pick<Json<V1Container>, 'name' | 'env' | 'envFrom' | 'volumeMounts'>;
type PodSpec = Omit<Json<V1PodSpec>, 'containers'> & {readonly containers?: readonly Container[] | undefined};

/** Everything that a pod takes from ConfigMaps and Secrets: init containers, sidecars, containers and ephemeral ones, then volumes, then pull secrets. */
export function configUses(spec: PodSpec | undefined): ConfigUse[] {
  const containers = containersOf(spec);
  return [
    ...containers.flatMap(ofEnvironment),
    ...(spec?.volumes ?? []).flatMap((volume) => ofVolume(volume, containers)),
    ...(spec?.imagePullSecrets ?? []).flatMap((source) => uses('secrets', source, {...whole, via: 'imagePullSecrets'})),
  ];
}

/** Of ephemeral containers alone: the only ones that a pod has and its template has not. */
export function ephemeralUses(spec: PodSpec | undefined): ConfigUse[] {
  const containers = spec?.ephemeralContainers ?? [];
  if (containers.length === 0) return [];
  const mounted = (spec?.volumes ?? [])
    .flatMap((volume) => ofVolume(volume, containers))
    .filter(({container}) => container !== null);
  return [...containers.flatMap(ofEnvironment), ...mounted];
}

const containersOf = (spec: PodSpec | undefined): readonly (Container | Json<V1EphemeralContainer>)[] => [
  ...(spec?.initContainers ?? []),
  ...(spec?.containers ?? []),
  ...(spec?.ephemeralContainers ?? []),
];

type Way = Pick<ConfigUse, 'container' | 'via' | 'at' | 'updates'>;
const whole = {container: null, at: null, updates: 'restart'} as const;

function ofEnvironment({name: container, envFrom = [], env = []}: Container): ConfigUse[] {
  return [
    ...envFrom.flatMap(({configMapRef, secretRef, prefix}) => {
      const way: Way = {container, via: 'envFrom', at: prefix || null, updates: 'restart'};
      return [...uses('configmaps', configMapRef, way), ...uses('secrets', secretRef, way)];
    }),
    ...env.flatMap(({name: at, valueFrom}) => {
      const way: Way = {container, via: 'env', at, updates: 'restart'};
      return [...uses('configmaps', valueFrom?.configMapKeyRef, way), ...uses('secrets', valueFrom?.secretKeyRef, way)];
    }),
  ];
}

function ofVolume(volume: Json<V1Volume>, containers: readonly Container[]): ConfigUse[] {
  const {configMap, secret, projected, name} = volume;
  return waysInto(name, containers).flatMap((way) => [
    ...uses('configmaps', configMap, {...way, via: 'volume'}),
    ...uses('secrets', secret && {...secret, name: secret.secretName}, {...way, via: 'volume'}),
    ...(projected?.sources ?? []).flatMap((source) => [
      ...uses('configmaps', source.configMap, {...way, via: 'projected'}),
      ...uses('secrets', source.secret, {...way, via: 'projected'}),
    ]),
    ...driverSecrets(volume).flatMap((source) => uses('secrets', source, {...way, via: 'driver', updates: 'restart'})),
  ]);
}

/** Every mount of a volume; where nobody mounts it, pods still wait for it. */
function waysInto(volume: string, containers: readonly Container[]): Omit<Way, 'via'>[] {
  const ways = containers.flatMap(({name, volumeMounts = []}) =>
    volumeMounts
      .filter((mount) => mount.name === volume)
      .map((mount) => ({container: name, at: mount.mountPath, updates: updatesOf(mount)})),
  );
  return ways.length > 0 ? ways : [{container: null, at: null, updates: 'live'}];
}

const updatesOf = ({subPath, subPathExpr}: Json<V1VolumeMount>): Updates => (subPath || subPathExpr ? 'never' : 'live');

/** What the drivers of volumes log in with. */
function driverSecrets({csi, azureFile, cephfs, flexVolume, iscsi, rbd, scaleIO, storageos}: Json<V1Volume>): Source[] {
  return [
    csi?.nodePublishSecretRef,
    azureFile && {name: azureFile.secretName},
    ...[cephfs, flexVolume, iscsi, rbd, scaleIO, storageos].map((driver) => driver?.secretRef),
  ].flatMap((source) => source ?? []);
}

interface Source {
  readonly name?: string | undefined;
  readonly key?: string;
  readonly items?: readonly {readonly key: string}[] | undefined;
  readonly optional?: boolean | undefined;
}

/** One for each key that is named. */
function uses(resource: ConfigUse['resource'], source: Source | undefined, way: Way): ConfigUse[] {
  if (!source?.name) return [];
  const {name, optional = false} = source;
  const keys = source.key === undefined ? (source.items ?? []).map(({key}) => key) : [source.key];
  return (keys.length > 0 ? keys : [null]).map((key) => ({resource, name, key, optional, ...way}));
}
