import type {V1Container, V1Volume} from '@kubernetes/client-node';
import type {Json} from '../kube/json.ts';
import type {Template} from './semantic.ts';

/** A ConfigMap or Secret that pods of a template need. */
export interface ConfigRef {
  readonly resource: 'configmaps' | 'secrets';
  readonly name: string;
  /** Keys that must be there for a pod to start. */
  readonly keys: readonly string[];
  /** Pods start without it. */
  readonly optional: boolean;
}

interface Use {
  readonly resource: ConfigRef['resource'];
  readonly name: string;
  readonly keys: readonly string[];
  readonly optional: boolean;
}

/** The ConfigMaps and Secrets that environment and volumes of a template take their values from; each once. */
export function configRefs({spec}: Template): ConfigRef[] {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const uses = [...containers.flatMap(ofEnvironment), ...(spec?.volumes ?? []).flatMap(ofVolume)];
  const objects = Map.groupBy(uses, ({resource, name}) => `${resource}/${name}`);
  return Array.from(objects.values(), ([first, ...more]): ConfigRef => {
    const {resource, name} = first as Use;
    const required = [first as Use, ...more].filter(({optional}) => !optional);
    return {resource, name, keys: [...new Set(required.flatMap(({keys}) => keys))], optional: required.length === 0};
  });
}

function ofEnvironment({envFrom = [], env = []}: Json<V1Container>): Use[] {
  return [
    ...envFrom.flatMap(({configMapRef, secretRef}) => [...use('configmaps', configMapRef), ...use('secrets', secretRef)]),
    ...env.flatMap(({valueFrom}) => [
      ...use('configmaps', valueFrom?.configMapKeyRef),
      ...use('secrets', valueFrom?.secretKeyRef),
    ]),
  ];
}

function ofVolume({configMap, secret, projected}: Json<V1Volume>): Use[] {
  return [
    ...use('configmaps', configMap),
    ...use('secrets', secret && {...secret, name: secret.secretName}),
    ...(projected?.sources ?? []).flatMap((source) => [...use('configmaps', source.configMap), ...use('secrets', source.secret)]),
  ];
}

interface Source {
  readonly name?: string | undefined;
  readonly key?: string;
  readonly items?: readonly {readonly key: string}[] | undefined;
  readonly optional?: boolean | undefined;
}

function use(resource: Use['resource'], source: Source | undefined): Use[] {
  if (!source?.name) return [];
  const keys = source.key === undefined ? (source.items ?? []).map(({key}) => key) : [source.key];
  return [{resource, name: source.name, keys, optional: source.optional ?? false}];
}
