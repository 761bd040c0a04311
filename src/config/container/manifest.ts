import type {KubeObject} from '../../kube/json.ts';
import {parseManifest} from '../../kube/manifest.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {enumerate} from '../../text/enumerate.ts';
import {nearest} from '../../text/nearest.ts';
import {typeWord} from '../../text/type-word.ts';
import {type PodSource, sourceOf} from './source.ts';
import {isTargetKind, type Target, targetName} from './target.ts';

/** As it is written: its fields may be anything. */
export interface ManifestObject {
  readonly kind?: unknown;
  readonly metadata?: {readonly name?: unknown; readonly namespace?: unknown} | null;
}

/** The objects of a manifest file. */
export interface Manifest {
  readonly file: string;
  readonly objects: readonly ManifestObject[];
}

const ANOTHER = 'name another file with -f';

/** Fields that are null are left out, as the API server does. */
export const readObjects = (text: string, file: string): Manifest => ({
  file,
  objects: parseManifest(text, file, ANOTHER).objects.map(({value}) => withoutNull(value) as ManifestObject),
});

function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNull);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, field]) => (field === null ? [] : [[key, withoutNull(field)]])));
}

/** The workload of that name, or the only one there is. `namespace`: of objects that name none. Rejects with exit code 2. */
export function sourceIn({file, objects}: Manifest, wanted: Omit<Target, 'namespace'> | undefined, namespace: string): PodSource {
  const sources = objects.flatMap((object) => {
    const target = targetOf(object, namespace);
    return (target && sourceOf(object as KubeObject, target, false)) ?? [];
  });
  const names = sources.map(({target}) => targetName(target));
  const matching = wanted === undefined ? sources : sources.filter((_, i) => names[i] === targetName(wanted));
  const [first, ...more] = matching;
  if (first !== undefined && more.length === 0) return checked(first, file);
  if (sources.length === 0)
    throw usage(`${file} holds no workload with containers`, 'kops looked for pods and pod templates', undefined);
  if (first !== undefined) {
    const what = wanted === undefined ? `${sources.length} workloads` : `${matching.length} times ${targetName(wanted)}`;
    throw usage(
      `${file} holds ${what}`,
      `it has ${enumerate(names)}`,
      `name one: ${names[0]}${wanted ? ', and its namespace with -n' : ''}`,
    );
  }
  const near = wanted && nearest(targetName(wanted), names);
  throw usage(
    `${file} holds no ${wanted ? targetName(wanted) : 'workload'}`,
    `it has ${enumerate(names)}`,
    near && `did you mean ${near}?`,
  );
}

function targetOf({kind, metadata}: ManifestObject, namespace: string): Target | undefined {
  if (!isTargetKind(kind) || typeof metadata?.name !== 'string') return undefined;
  return {kind, name: metadata.name, namespace: namespaceOf({metadata}, namespace)};
}

/** An object's own, else the one that `kubectl apply` would put it in. */
export const namespaceOf = ({metadata}: Pick<ManifestObject, 'metadata'>, namespace: string): string =>
  typeof metadata?.namespace === 'string' ? metadata.namespace : namespace;

/** What is read of a container is of the shape that the API server asks for; it would refuse anything else. */
function checked(source: PodSource, file: string): PodSource {
  for (const part of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    const containers: unknown = source.spec[part] ?? [];
    failUnlessList(containers, part, isFields, file);
    for (const [i, container] of (containers as Record<string, unknown>[]).entries()) {
      const path = `${part}[${i}]`;
      for (const field of ['env', 'envFrom']) failUnlessList(container[field] ?? [], `${path}.${field}`, isFields, file);
      for (const field of ['command', 'args']) failUnlessList(container[field] ?? [], `${path}.${field}`, isText, file);
    }
  }
  return source;
}

const isFields = (value: unknown): string | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'is no mapping';
const isText = (value: unknown): string | undefined =>
  typeof value === 'string' ? undefined : `is ${typeWord(value)}, and a word is text: write it in quotes`;

function failUnlessList(value: unknown, path: string, flawOf: (item: unknown) => string | undefined, file: string): void {
  if (!Array.isArray(value))
    throw usage(`${file}: ${path} is not a list`, 'the API server refuses it', `write ${path} as a list: - …`);
  for (const [i, item] of value.entries()) {
    const flaw = flawOf(item);
    if (flaw !== undefined)
      throw usage(`${file}: ${path}[${i}] ${flaw}`, 'the API server refuses it', `mend ${path} and try again`);
  }
}

const usage = (what: string, why: string, next: string | undefined): Problem =>
  new Problem(what, {why, next: next ?? ANOTHER, exitCode: ExitCode.usage});
