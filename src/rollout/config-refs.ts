import {type ConfigUse, configUses} from './config-uses.ts';
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

/** The ConfigMaps and Secrets that environment and volumes of a template take their values from; each once. */
export function configRefs({spec}: Template): ConfigRef[] {
  const needed = configUses(spec).filter(({via}) => via !== 'imagePullSecrets'); // without those, pods may well start
  const objects = Map.groupBy(needed, ({resource, name}) => `${resource}/${name}`);
  return Array.from(objects.values(), ([first, ...more]): ConfigRef => {
    const {resource, name} = first as ConfigUse;
    const required = [first as ConfigUse, ...more].filter(({optional}) => !optional);
    return {resource, name, keys: [...new Set(required.flatMap(({key}) => key ?? []))], optional: required.length === 0};
  });
}
