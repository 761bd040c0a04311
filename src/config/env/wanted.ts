import type {Container} from '../container/source.ts';

/** Names of what a container's environment is taken from, each once. */
export interface Wanted {
  readonly configMaps: readonly string[];
  readonly secrets: readonly string[];
}

export function wantedBy({envFrom = [], env = []}: Container): Wanted {
  const sources = [
    ...envFrom,
    ...env.map(({valueFrom}) => ({configMapRef: valueFrom?.configMapKeyRef, secretRef: valueFrom?.secretKeyRef})),
  ];
  return {
    configMaps: unique(sources.map(({configMapRef}) => configMapRef?.name)),
    secrets: unique(sources.map(({secretRef}) => secretRef?.name)),
  };
}

const unique = (names: readonly (string | undefined)[]): string[] => [...new Set(names.flatMap((name) => name || []))];
