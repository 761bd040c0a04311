import {type Piece, plain, type Value} from '../container/expand.ts';
import type {PodSource} from '../container/source.ts';

const SUBSCRIPT = /^metadata\.(labels|annotations)\['(.*)'\]$/;

/** Labels and annotations that only a made pod has: its controller puts them there. */
const BY_CONTROLLER = new Set([
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'batch.kubernetes.io/job-completion-index',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
  'controller-uid',
  'job-name',
]);

/**
 * What a `fieldRef` gives: what is not fixed before the pod is there, or has a node, stays unknown; undefined is a field that no variable can
 * have. Source: kubernetes, pkg/kubelet/kubelet_pods.go (podFieldSelectorRuntimeValue), pkg/apis/core/validation.
 */
export function fieldValue(path: string, source: PodSource): Value | undefined {
  const subscript = SUBSCRIPT.exec(path);
  if (subscript !== null) return subscripted(subscript[1] as 'labels' | 'annotations', subscript[2] ?? '', path, source);
  const read = Object.hasOwn(fields, path) ? fields[path] : undefined;
  if (read === undefined) return undefined;
  const text = read(source);
  return text ? plain(text) : unknown(path);
}

const unknown = (path: string): readonly Piece[] => [{unknown: path}];

function subscripted(field: 'labels' | 'annotations', key: string, path: string, {metadata, pod}: PodSource): Value {
  const text = metadata[field]?.[key];
  return text === undefined && pod === undefined && BY_CONTROLLER.has(key) ? unknown(path) : plain(text ?? '');
}

/** `serviceAccount` is the old name of `serviceAccountName`, which the API server copies where it is alone. */
const fields: Readonly<Record<string, (source: PodSource) => string | undefined>> = {
  'metadata.name': ({target}) => (target.kind === 'Pod' ? target.name : undefined),
  'metadata.namespace': ({target}) => target.namespace,
  'metadata.uid': ({pod}) => pod?.metadata?.uid,
  'spec.nodeName': ({spec}) => spec.nodeName,
  'spec.serviceAccountName': ({spec}) => spec.serviceAccountName || spec.serviceAccount || 'default',
  'status.hostIP': ({pod}) => pod?.status?.hostIP,
  'status.hostIPs': ({pod}) => pod?.status?.hostIPs?.map(({ip}) => ip).join(','),
  'status.podIP': ({pod}) => pod?.status?.podIP,
  'status.podIPs': ({pod}) => pod?.status?.podIPs?.map(({ip}) => ip).join(','),
};
