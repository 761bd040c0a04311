import {enumerate} from '../text/enumerate.ts';
import {nearest} from '../text/nearest.ts';
import {type Api, refusalOf} from './api.ts';
import {ApiProblem} from './errors.ts';
import {type KubeObject, parseObject} from './json.ts';
import {objectPath} from './paths.ts';
import {qualifiedName, type Resource, resources} from './resources.ts';

/** A kind that this cluster serves, in the version to read and write it in. */
export interface ServedResource extends Resource<KubeObject> {
  readonly verbs: readonly string[];
}

/** Both lists of an API server come in this form since 1.30. https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery */
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
interface GroupDiscovery {
  readonly metadata?: {readonly name?: string};
  readonly versions?: readonly {
    readonly version: string;
    readonly resources?: readonly {
      readonly resource: string;
      readonly responseKind?: {readonly kind?: string};
      readonly scope: 'Namespaced' | 'Cluster';
      readonly verbs?: readonly string[];
    }[];
  }[];
}

/**
 * What `secrets`, `widgets.example.com`, `*.example.com` or `*.*` are in this cluster, each once: the names that an EncryptionConfiguration has for them.
 * Of a group's versions it is the preferred one; of a custom resource, where the user may see its definition, the one that is stored, so that
 * nothing is converted. `verbs`: what must be possible; a wildcard leaves out the others. Rejects with a Problem that has the nearest name.
 */
export async function discoverResources(
  api: Api,
  names: readonly string[],
  verbs: readonly string[],
  signal: AbortSignal,
): Promise<ServedResource[]> {
  // Secrets and ConfigMaps are the same in every cluster.
  const known = names.map((name) => COMMON.get(name));
  if (known.every((resource) => resource !== undefined)) return [...new Set(known)];

  const served = (await Promise.all(['/api', '/apis'].map((path) => readGroups(api, path, signal)))).flat();
  const byName = new Map(served.map((resource) => [qualifiedName(resource), resource]));
  const chosen = new Set(names.flatMap((name) => choose(name, byName, verbs, api)));
  return Promise.all([...chosen].map((resource) => inStoredVersion(api, resource, signal)));
}

const COMMON = new Map(
  [resources.secrets, resources.configmaps].map((resource) => [
    resource.plural,
    {...resource, verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']} as ServedResource,
  ]),
);

async function readGroups(api: Api, path: string, signal: AbortSignal): Promise<ServedResource[]> {
  const response = await api.send({method: 'GET', path, accept: AGGREGATED}, signal);
  const {kind, items} = (parseObject(response.body.toString('utf8')) ?? {}) as {kind?: string; items?: GroupDiscovery[]};
  if (response.status === 200 && kind === 'APIGroupDiscoveryList') return (items ?? []).flatMap(resourcesOf);
  throw new ApiProblem('the API server does not tell which resources it has', {
    status: response.status,
    reason: '',
    why:
      response.status === 200
        ? 'its discovery is that of a Kubernetes before 1.30'
        : `${path} was answered with ${response.status}`,
    next: `check that it is the API server: kubectl api-resources --context ${api.context}`,
  });
}

/** Of each resource the first version that has it: they come in the order of preference. */
function resourcesOf({metadata, versions = []}: GroupDiscovery): ServedResource[] {
  const group = metadata?.name ?? '';
  const found = new Map<string, ServedResource>();
  for (const {version, resources = []} of versions) {
    for (const {resource: plural, responseKind, scope, verbs = []} of resources) {
      if (found.has(plural)) continue;
      const apiVersion = group === '' ? version : `${group}/${version}`;
      found.set(plural, {apiVersion, kind: responseKind?.kind ?? plural, plural, namespaced: scope === 'Namespaced', verbs});
    }
  }
  return [...found.values()];
}

function choose(name: string, served: ReadonlyMap<string, ServedResource>, verbs: readonly string[], api: Api): ServedResource[] {
  const can = (resource: ServedResource) => verbs.every((verb) => resource.verbs.includes(verb));
  const wildcard = /^\*\.(.*)$/.exec(name)?.[1];
  if (wildcard !== undefined) {
    return [...served.values()].filter((resource) => can(resource) && (wildcard === '*' || groupOf(resource) === wildcard));
  }
  const found = served.get(name);
  if (found === undefined) throw unknown(name, served, api);
  if (can(found)) return [found];
  throw new ApiProblem(`${name} cannot be read and written back`, {
    status: 405,
    reason: 'MethodNotAllowed',
    why: `the API server offers ${enumerate(found.verbs)} for them`,
    next: 'leave them out',
  });
}

const groupOf = ({apiVersion}: Resource<unknown>): string => (apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '');

function unknown(name: string, served: ReadonlyMap<string, ServedResource>, {context}: Api): ApiProblem {
  const ofThatPlural = [...served.keys()].filter((other) => other.split('.', 1)[0] === name);
  const near = ofThatPlural[0] ?? nearest(name, served.keys());
  return new ApiProblem(`${context} has no resource ${name}`, {
    status: 404,
    reason: 'NotFound',
    why: near === undefined ? 'the API server serves none of that name' : `did you mean ${near}?`,
    next: 'kubectl api-resources -o name',
  });
}

const DEFINITIONS = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};
interface Definition {
  readonly spec?: {readonly versions?: readonly {readonly name: string; readonly storage: boolean; readonly served: boolean}[]};
}

/** In the version that custom resources are stored in, if it is one that is served; everything else as it is. */
async function inStoredVersion(api: Api, resource: ServedResource, signal: AbortSignal): Promise<ServedResource> {
  const group = groupOf(resource);
  if (!group.includes('.')) return resource;
  const path = objectPath(DEFINITIONS, {name: qualifiedName(resource)});
  const {status, body} = await api.send({method: 'GET', path}, signal);
  if (status === 404 || status === 403) return resource;
  if (status !== 200)
    throw refusalOf({status, body, headers: {}}, {verb: 'get', resource: DEFINITIONS, name: qualifiedName(resource)}, api);
  const {spec} = (parseObject(body.toString('utf8')) ?? {}) as Definition;
  const stored = spec?.versions?.find(({storage, served}) => storage && served);
  return stored === undefined ? resource : {...resource, apiVersion: `${group}/${stored.name}`};
}
