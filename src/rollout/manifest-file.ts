import {type Document, LineCounter, parseAllDocuments} from 'yaml';
import {ExitCode, Problem} from '../problem.ts';
import {type WorkloadKind, type WorkloadRef, workloadKinds} from './workload.ts';

/**
 * The workloads that a manifest describes, in its order: YAML documents or JSON, `kind: List` unrolled, other kinds passed over.
 * A syntax error is a Problem that says file, line and column; so is a manifest with no workload at all.
 */
export function workloadsIn(text: string, file: string, namespace: string): WorkloadRef[] {
  const workloads = objectsIn(text, file).flatMap((object) => workloadOf(object, namespace) ?? []);
  if (workloads.length === 0) {
    throw new Problem(`${file} holds no workload`, {
      why: 'kops rolls out Deployments, StatefulSets and DaemonSets, and found none of them there',
      next: ANOTHER,
      exitCode: ExitCode.usage,
    });
  }
  return workloads;
}

/** Every object of a manifest, `kind: List` unrolled; nothing of them is checked. A syntax error is a Problem with its line and column. */
export function objectsIn(text: string, file: string): ManifestObject[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {lineCounter: lines, prettyErrors: false});
  return (Array.isArray(documents) ? documents : []).flatMap((document) => {
    failUnlessManifest(document, file, lines);
    return objectsOf(document.toJS());
  });
}

const ANOTHER = 'name another file with -f, or the workload itself: deploy/web';

function failUnlessManifest(document: Document, file: string, lines: LineCounter): void {
  const [error] = document.errors;
  if (error !== undefined) {
    const {line, col} = lines.linePos(error.pos[0]);
    throw new Problem(`${file}:${line}:${col}: ${error.message}`, {
      why: 'the file is not valid YAML',
      next: 'mend that line and try again',
      exitCode: ExitCode.usage,
    });
  }
  if (document.toJS() !== null && typeof document.toJS() !== 'object') {
    throw new Problem(`${file} is not a manifest`, {
      why: 'a manifest is a mapping with apiVersion, kind and metadata',
      next: ANOTHER,
      exitCode: ExitCode.usage,
    });
  }
}

export interface ManifestObject {
  readonly kind?: unknown;
  readonly items?: unknown;
  readonly metadata?: {readonly name?: unknown; readonly namespace?: unknown} | null;
}

function objectsOf(value: unknown): ManifestObject[] {
  if (Array.isArray(value)) return value.flatMap(objectsOf);
  if (typeof value !== 'object' || value === null) return [];
  const object: ManifestObject = value;
  return object.kind === 'List' ? objectsOf(object.items) : [object];
}

function workloadOf({kind, metadata}: ManifestObject, namespace: string): WorkloadRef | undefined {
  if (typeof kind !== 'string' || !(kind in workloadKinds) || typeof metadata?.name !== 'string') return undefined;
  return {
    kind: kind as WorkloadKind,
    name: metadata.name,
    namespace: typeof metadata.namespace === 'string' ? metadata.namespace : namespace,
  };
}
