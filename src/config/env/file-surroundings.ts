import type {V1ConfigMap, V1Secret} from '@kubernetes/client-node';
import type {Json} from '../../kube/json.ts';
import {type Manifest, namespaceOf} from '../container/manifest.ts';
import type {Container, PodSource} from '../container/source.ts';
import {type Found, foundConfigMap, foundSecret} from './data.ts';
import type {Surroundings} from './resolve.ts';
import {wantedBy} from './wanted.ts';

/** What a manifest itself tells of a container's environment. What is not in it may well be in a cluster. */
export function surroundingsIn(
  {file, objects}: Manifest,
  source: PodSource,
  container: Container,
  namespace: string,
): Surroundings {
  const find = (kind: 'ConfigMap' | 'Secret', name: string): Found => {
    const object = objects.findLast(
      (candidate) =>
        candidate.kind === kind &&
        candidate.metadata?.name === name &&
        namespaceOf(candidate, namespace) === source.target.namespace,
    );
    if (object === undefined) return {state: 'unknown', why: `it is not in ${file}`};
    return kind === 'ConfigMap' ? foundConfigMap(object as Json<V1ConfigMap>) : foundSecret(object as Json<V1Secret>);
  };
  const {configMaps, secrets} = wantedBy(container);
  return {
    configMaps: new Map(configMaps.map((name) => [name, find('ConfigMap', name)])),
    secrets: new Map(secrets.map((name) => [name, find('Secret', name)])),
    services: [],
    unknownServices: [{why: 'a cluster alone has their addresses'}],
  };
}
