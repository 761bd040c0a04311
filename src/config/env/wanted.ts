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

/** Whether a variable may have held a Secret when a container of this spec started, whatever it would get now: objects and keys go. */
export function mayHoldSecret(container: Container): (name: string) => boolean {
  const {env = [], envFrom = []} = container;
  const hasSecrets = wantedBy(container).secrets.length > 0;
  const fromSecrets = envFrom.some(({secretRef}) => secretRef);
  return (name) => {
    const entries = env.filter((entry) => entry.name === name);
    if (entries.some(({valueFrom}) => valueFrom?.secretKeyRef)) return true;
    const last = entries.at(-1);
    if (last === undefined) return fromSecrets;
    if (last.valueFrom == null) return hasSecrets && (last.value ?? '').includes('$(');
    return fromSecrets && (last.valueFrom.configMapKeyRef?.optional ?? false);
  };
}
