import type {V1ManagedFieldsEntry} from '@kubernetes/client-node';
import type {Json} from '../kube/json.ts';
import type {Workload} from './workload.ts';

/** Who keeps a workload's template somewhere else than in the cluster, and what to do there about a version that is bad. */
export interface Keeper {
  readonly name: string;
  /** Completes "set it to web:1.0 in". */
  readonly place: string;
  /** Completes "or": what else keeps it from writing. */
  readonly otherwise?: string;
}

type Metadata = NonNullable<Workload['metadata']>;
type Entry = Json<V1ManagedFieldsEntry>;

/** Changes made by hand, or by kops: nothing that would be written again by itself. */
const BY_HAND =
  /^(kops|kube-controller-manager|Mozilla|node-fetch|k9s|kubectl-(create|edit|set|patch|rollout|replace|scale|label|annotate|run|expose|autoscale))$/;

/** The keeper behind a manager of fields; undefined where nothing says that there is one. */
export function keeperOf({manager = '', operation}: Entry, metadata: Metadata): Keeper | undefined {
  if (manager === 'kubectl-client-side-apply') return keeperOfManifest(metadata);
  if (/^argocd/.test(manager)) return argo(metadata);
  if (/^(kustomize-controller|helm-controller|flux)/.test(manager)) return flux(metadata);
  if (/^helm$/i.test(manager)) return helm(metadata);
  if (/terraform|hashicorp/i.test(manager)) return {name: 'Terraform', place: 'the Terraform configuration'};
  if (/pulumi/i.test(manager)) return {name: 'Pulumi', place: 'the Pulumi program'};
  if (BY_HAND.test(manager) || manager === '') return undefined;
  if (manager === 'kubectl') return {name: 'kubectl apply --server-side', place: 'the manifest, on disk and in git'};
  return {name: manager, place: operation === 'Apply' ? `what ${manager} applies` : `where ${manager} has it from`};
}

/** Who applied what the annotation `last-applied-configuration` holds: kubectl, or a tool that works like it. */
export function keeperOfManifest(metadata: Metadata): Keeper {
  const {annotations = {}, labels = {}} = metadata;
  if ('argocd.argoproj.io/tracking-id' in annotations || 'argocd.argoproj.io/instance' in labels) return argo(metadata);
  if ('kustomize.toolkit.fluxcd.io/name' in labels || 'helm.toolkit.fluxcd.io/name' in labels) return flux(metadata);
  return {name: 'kubectl apply', place: 'the manifest, on disk and in git'};
}

function argo({annotations = {}, labels = {}}: Metadata): Keeper {
  const app = annotations['argocd.argoproj.io/tracking-id']?.split(':')[0] ?? labels['argocd.argoproj.io/instance'] ?? 'APP';
  return {name: 'Argo CD', place: 'git', otherwise: `stop its automated sync: argocd app set ${app} --sync-policy none`};
}

function flux({labels = {}}: Metadata): Keeper {
  const [kind, prefix] = 'helm.toolkit.fluxcd.io/name' in labels ? ['helmrelease', 'helm'] : ['kustomization', 'kustomize'];
  const name = labels[`${prefix}.toolkit.fluxcd.io/name`] ?? 'NAME';
  const namespace = labels[`${prefix}.toolkit.fluxcd.io/namespace`];
  return {
    name: 'Flux',
    place: 'git',
    otherwise: `suspend it: flux suspend ${kind} ${name}${namespace ? ` -n ${namespace}` : ''}`,
  };
}

function helm({annotations = {}, namespace}: Metadata): Keeper {
  const release = annotations['meta.helm.sh/release-name'];
  if (release === undefined) return {name: 'Helm', place: "the chart's values"};
  const where = annotations['meta.helm.sh/release-namespace'] ?? namespace;
  return {
    name: 'Helm',
    place: `the values of release ${release}`,
    otherwise: `go back with it: helm rollback ${release} -n ${where}`,
  };
}
