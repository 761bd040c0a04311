import {parseManifest} from '../kube/manifest.ts';
import {ExitCode, Problem} from '../problem.ts';
import {type WorkloadKind, type WorkloadRef, workloadKinds} from './workload.ts';

/**
 * The workloads that a manifest describes, in its order: YAML documents or JSON, `kind: List` unrolled, other kinds passed over.
 * A syntax error is a Problem that says file, line and column; so is a manifest with no workload at all.
 */
export function workloadsIn(text: string, file: string, namespace: string): WorkloadRef[] {
  const workloads = parseManifest(text, file, ANOTHER).objects.flatMap(({value}) => workloadOf(value, namespace) ?? []);
  if (workloads.length === 0) {
    throw new Problem(`${file} holds no workload`, {
      why: 'kops rolls out Deployments, StatefulSets and DaemonSets, and found none of them there',
      next: ANOTHER,
      exitCode: ExitCode.usage,
    });
  }
  return workloads;
}

const ANOTHER = 'name another file with -f, or the workload itself: deploy/web';

interface ManifestObject {
  readonly kind?: unknown;
  readonly metadata?: {readonly name?: unknown; readonly namespace?: unknown} | null;
}

function workloadOf({kind, metadata}: ManifestObject, namespace: string): WorkloadRef | undefined {
  if (typeof kind !== 'string' || !(kind in workloadKinds) || typeof metadata?.name !== 'string') return undefined;
  return {
    kind: kind as WorkloadKind,
    name: metadata.name,
    namespace: typeof metadata.namespace === 'string' ? metadata.namespace : namespace,
  };
}
