import type {V1ConfigMap, V1Secret, V1Service} from '@kubernetes/client-node';
import type {Cluster} from '../../kube/cluster.ts';
import {type Json, parseObject} from '../../kube/json.ts';
import {unlessForbidden} from '../container/read.ts';
import type {Container, PodSource} from '../container/source.ts';
import {type Found, foundConfigMap, foundSecret} from './data.ts';
import type {Surroundings} from './resolve.ts';
import {wantedBy} from './wanted.ts';

/** Reads what a container's environment is made from. What the user may not read is unknown, not an error. */
export async function readSurroundings(
  cluster: Cluster,
  source: PodSource,
  container: Container,
  signal: AbortSignal,
): Promise<Surroundings> {
  const {configMaps, secrets} = wantedBy(container);
  const {namespace} = source.target;
  const lookAt = async (name: string, find: () => Promise<Found | undefined>): Promise<[string, Found]> => {
    const found = await unlessForbidden(find);
    return [name, typeof found === 'string' ? {state: 'unknown', why: found} : (found ?? {state: 'missing'})];
  };
  const findConfigMap = async (name: string) => {
    const found: Json<V1ConfigMap> | undefined = await cluster.find('configmaps', {namespace, name}, signal);
    return found && foundConfigMap(found);
  };
  const findSecret = async (name: string) => {
    const found: Json<V1Secret> | undefined = await cluster.find('secrets', {namespace, name}, signal);
    return found && foundSecret(found);
  };
  const [foundMaps, foundSecrets, services, node] = await Promise.all([
    Promise.all(configMaps.map((name) => lookAt(name, () => findConfigMap(name)))),
    Promise.all(secrets.map((name) => lookAt(name, () => findSecret(name)))),
    readServices(cluster, source, signal),
    readNode(cluster, source, container, signal),
  ]);
  return {configMaps: new Map(foundMaps), secrets: new Map(foundSecrets), ...services, ...node};
}

async function readServices(
  cluster: Cluster,
  {spec, target: {namespace}}: PodSource,
  signal: AbortSignal,
): Promise<Pick<Surroundings, 'services' | 'unknownServices'>> {
  const linked = spec.enableServiceLinks ?? true;
  const [own, master] = await Promise.all([
    linked ? unlessForbidden(() => cluster.list('services', {namespace}, signal)) : [],
    unlessForbidden(() => cluster.find('services', {namespace: 'default', name: 'kubernetes'}, signal)),
  ]);
  const isThere = (service: Json<V1Service>) =>
    typeof own !== 'string' && own.some(({metadata}) => metadata?.uid === service.metadata?.uid);
  return {
    services: [...(typeof own === 'string' ? [] : own), ...(typeof master === 'object' && !isThere(master) ? [master] : [])],
    unknownServices: [
      ...(typeof own === 'string' ? [{why: own}] : []),
      ...(typeof master === 'string' ? [{object: 'service/kubernetes', why: master}] : []),
    ],
  };
}

/** The node's part: of a pod that has one; elsewhere the API server's version stands for the kubelets', which are not newer. */
async function readNode(
  cluster: Cluster,
  {spec, pod}: PodSource,
  {envFrom = [], env = []}: Container,
  signal: AbortSignal,
): Promise<Pick<Surroundings, 'allocatable' | 'kubelet'>> {
  const needsAmounts = env.some(({valueFrom}) => valueFrom?.resourceFieldRef);
  if (!needsAmounts && envFrom.length === 0) return {};
  const {nodeName} = spec;
  const node = pod && nodeName ? await unlessForbidden(() => cluster.find('nodes', {name: nodeName}, signal)) : undefined;
  if (typeof node === 'object') return {allocatable: node.status?.allocatable, kubelet: node.status?.nodeInfo?.kubeletVersion};
  const {status, body} = await cluster.api.send({method: 'GET', path: '/version'}, signal);
  const version = status === 200 ? (parseObject(body.toString('utf8')) as {gitVersion?: string} | undefined) : undefined;
  return {kubelet: version?.gitVersion};
}
