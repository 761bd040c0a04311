import {createHash} from 'node:crypto';
import type {V1Container, V1Pod, V1Volume} from '@kubernetes/client-node';
import {parseAllDocuments, type Tags} from 'yaml';
import type {Json} from '../../../kube/json.ts';

/** A static pod as its manifest has it, with what the kubelet adds. */
export interface StaticPod {
  /**
   * Hash of node, file and decoded pod: what the kubelet makes the pod's UID and its annotation `kubernetes.io/config.hash`. Unlike the
   * kubelet's it changes too where a default is spelled out or a field is added that Kubernetes does not know.
   */
  readonly uid: string;
  /** `kube-apiserver-NODE` */
  readonly name: string;
  readonly namespace: string;
  /** The manifest, as a path on the node. */
  readonly file: string;
  readonly object: Json<V1Pod>;
  readonly containers: readonly Json<V1Container>[];
  readonly volumes: readonly Json<V1Volume>[];
  /** Milliseconds from SIGTERM to SIGKILL that the pod asks for. */
  readonly grace: number;
}

/** A pod by namespace and name, as the kubelet tells pods apart. */
export const keyOf = ({namespace, name}: StaticPod): string => `${namespace}/${name}`;

const DEFAULT_GRACE = 30_000;
const HOST_PATH_TYPES = [
  '',
  'DirectoryOrCreate',
  'Directory',
  'FileOrCreate',
  'File',
  'Socket',
  'CharDevice',
  'BlockDevice',
] as const;

/**
 * Reads a static pod's manifest as the kubelet does (pkg/kubelet/config/common.go, tryDecodeSinglePod): YAML 1.1 or JSON, the first
 * document of the file. Of the validation of pods it has what matters to who edits a manifest by hand. Throws an Error that says what is
 * wrong.
 */
export function decodePod(text: string, node: string, file: string): StaticPod {
  const pod = parseManifest(text);
  const {metadata, spec} = check(pod);
  const name = `${metadata?.name}-${node.toLowerCase()}`;
  return {
    uid: hashOf(pod, node, file),
    name,
    namespace: metadata?.namespace || 'default',
    file,
    object: pod,
    containers: spec?.containers ?? [],
    volumes: spec?.volumes ?? [],
    grace: spec?.terminationGracePeriodSeconds === undefined ? DEFAULT_GRACE : spec.terminationGracePeriodSeconds * 1000,
  };
}

function parseManifest(text: string): Json<V1Pod> {
  const [document] = parseAllDocuments(text, {version: '1.1', uniqueKeys: false, customTags: withoutTimes, prettyErrors: true});
  if (!document || !('errors' in document)) throw new Error('it is empty');
  const [error] = document.errors;
  if (error) throw new Error(`it is no YAML: ${error.message.split('\n')[0]}`);
  const value: unknown = document.toJS();
  if (!isObject(value)) throw new Error('it is no object');
  return value as Json<V1Pod>;
}

/** Go's YAML leaves dates and `12:30:45` the strings that they are. */
const withoutTimes = (tags: Tags): Tags =>
  tags.filter((tag) => typeof tag === 'string' || (tag.format !== 'TIME' && tag.tag !== 'tag:yaml.org,2002:timestamp'));

function check(pod: Json<V1Pod>): Json<V1Pod> {
  const {apiVersion, kind, metadata, spec} = pod;
  must(apiVersion === 'v1' && kind === 'Pod', `it is ${apiVersion ?? 'no apiVersion'} ${kind ?? 'and no kind'}, not v1 Pod`);
  must(isObject(metadata) && isText(metadata.name), 'metadata.name: required');
  must(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(metadata?.name ?? ''), 'metadata.name: not a lower-case name as in DNS');
  must(isObject(spec) && isObjects(spec.containers) && spec.containers.length > 0, 'spec.containers: required');
  const volumes = spec?.volumes ?? [];
  must(isObjects(volumes), 'spec.volumes: not a list of volumes');
  volumes.forEach((volume, i) => {
    checkVolume(volume, `spec.volumes[${i}]`);
    must(volumes.findIndex(({name}) => name === volume.name) === i, `spec.volumes[${i}].name: duplicate ${volume.name}`);
  });
  spec?.containers.forEach((container, i) => {
    checkContainer(container, volumes, `spec.containers[${i}]`);
  });
  return pod;
}

function checkVolume({name, hostPath, emptyDir, ...others}: Json<V1Volume>, where: string): void {
  must(isLabel(name), `${where}.name: not a lower-case label as in DNS`);
  const [other] = Object.keys(others);
  must(other === undefined, `static pods may not reference ${other}`);
  must(hostPath === undefined || emptyDir === undefined, `${where}: more than one sort of volume`);
  if (hostPath === undefined) return;
  must(isObject(hostPath) && isText(hostPath.path), `${where}.hostPath.path: required`);
  must(!hostPath.path.split('/').includes('..'), `${where}.hostPath.path: must not contain '..'`);
  const type = hostPath.type ?? '';
  must(
    HOST_PATH_TYPES.some((one) => one === type),
    `${where}.hostPath.type: unsupported ${type}`,
  );
}

function checkContainer(container: Json<V1Container>, volumes: readonly Json<V1Volume>[], where: string): void {
  const {name, image, command = [], args = [], env = [], volumeMounts = []} = container;
  must(isLabel(name), `${where}.name: not a lower-case label as in DNS`);
  must(isText(image), `${where}.image: required`);
  must(isTexts(command), `${where}.command: not a list of strings`);
  must(isTexts(args), `${where}.args: not a list of strings`);
  must(isObjects(env) && env.every((one) => isText(one.name)), `${where}.env: not a list of names and values`);
  must(isTexts(env.map(({value}) => value ?? '')), `${where}.env: a value is not a string`);
  must(
    env.every(({valueFrom}) => valueFrom === undefined),
    'static pods may not take variables from other objects',
  );
  must(isObjects(volumeMounts), `${where}.volumeMounts: not a list of mounts`);
  volumeMounts.forEach((mount, i) => {
    const at = `${where}.volumeMounts[${i}]`;
    must(isText(mount.mountPath), `${at}.mountPath: required`);
    must(
      volumes.some((volume) => volume.name === mount.name),
      `${at}.name: no volume ${mount.name}`,
    );
    must(!mount.subPath?.split('/').includes('..'), `${at}.subPath: must not contain '..'`);
    const first = volumeMounts.findIndex(({mountPath}) => mountPath === mount.mountPath);
    must(first === i, `${at}.mountPath: must be unique, as ${mount.mountPath} is not`);
  });
}

function must(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new Error(`invalid pod: ${problem}`);
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
/** RFC 1123; they become names of folders too. */
const isLabel = (value: unknown): boolean => isText(value) && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value);
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
const isObjects = (value: unknown): value is object[] => Array.isArray(value) && value.every(isObject);

function hashOf({status: _, ...pod}: Json<V1Pod>, node: string, file: string): string {
  const hash = createHash('sha256').update(canonical(pod)).update(`host:${node}`).update(`file:${file}`);
  return hash.digest('hex').slice(0, 32);
}

/** JSON in which the order of keys, and keys without a value, make no difference. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    isObject(part)
      ? Object.fromEntries(
          Object.entries(part)
            .filter(([, one]) => one !== null)
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : part,
  );
