import {expect, test} from 'vitest';
import {diffTemplates} from '../../src/rollout/diff-template.ts';
import {manifestWarnings} from '../../src/rollout/manifest-warnings.ts';
import type {Template} from '../../src/rollout/semantic.ts';
import type {Workload} from '../../src/rollout/workload.ts';
import {deployment, template} from '../support/builders.ts';

const FIELD = 'spec.template.spec.containers[web].image';
const good = template({image: 'web:2.0'});
const bad = template({image: 'web:2.1'});
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

interface Metadata {
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
  managedFields?: object[];
  ownerReferences?: object[];
}
/** A Deployment that runs `live`. */
function workload({annotations, labels, ...metadata}: Metadata, live: Template = bad): Workload {
  const made = deployment({template: live, ...(annotations && {annotations}), ...(labels && {labels})});
  return {...made, metadata: {...made.metadata, ...metadata}} as Workload;
}
const applied = (said: unknown): Metadata => ({annotations: {[LAST_APPLIED]: JSON.stringify({spec: {template: said}})}});
const image = {'f:spec': {'f:template': {'f:spec': {'f:containers': {'k:{"name":"web"}': {'f:image': {}, 'f:name': {}}}}}}};
const managed = (manager: string, operation = 'Update', fieldsV1: object = image): Metadata => ({
  managedFields: [{manager, operation, fieldsV1, apiVersion: 'apps/v1', fieldsType: 'FieldsV1'}],
});
const warningsOf = (of: Workload, target = good) => manifestWarnings(of, target, diffTemplates(of.spec?.template ?? {}, target));
const said = (of: Workload, target = good) => warningsOf(of, target).map(({message, hint}) => [message, hint]);

test('a manifest that still holds the bad version, as kubectl apply wrote it', () => {
  expect(said(workload(applied({spec: {containers: [{name: 'web', image: 'web:2.1'}]}})))).toEqual([
    [`kubectl apply will bring web:2.1 back: it holds ${FIELD}`, 'set it to web:2.0 in the manifest, on disk and in git'],
  ]);
});

test.each<[string, unknown]>([
  ['it holds the good version', {spec: {containers: [{name: 'web', image: 'web:2.0'}]}}],
  [
    'it leaves to defaults what the server filled in',
    {metadata: {labels: {app: 'web'}}, spec: {containers: [{name: 'web'}], hostNetwork: false}},
  ],
  ['it is garbled', 'x'],
])('a manifest is no danger where %s', (_case, content) => {
  expect(warningsOf(workload(applied(content)))).toEqual([]);
});

test('an annotation that is no JSON is no manifest', () => {
  expect(warningsOf(workload({annotations: {[LAST_APPLIED]: '{'}}))).toEqual([]);
});

test('quantities, ports and defaults are compared as the server would', () => {
  const live = template({container: {resources: {limits: {cpu: '100m'}}, ports: [{containerPort: 80, protocol: 'TCP'}]}});
  const manifest = {
    spec: {containers: [{name: 'web', image: 'web:2.0', resources: {limits: {cpu: 0.1}}, ports: [{containerPort: 80}]}]},
  };
  expect(warningsOf(workload(applied(manifest), bad), live)).toEqual([]);
});

test('what a manifest adds is to be taken out of it; of several fields the first is named', () => {
  const manifest = {
    spec: {
      containers: [
        {name: 'web', image: 'web:2.1'},
        {name: 'spy', image: 'spy:1'},
      ],
    },
  };
  expect(said(workload(applied(manifest)))).toEqual([
    [
      `kubectl apply will bring web:2.1 back: it holds ${FIELD}, and 1 more`,
      'set it to web:2.0 in the manifest, on disk and in git',
    ],
  ]);
  const added = {spec: {containers: [{name: 'spy', image: 'spy:1'}]}};
  expect(said(workload(applied(added)))).toEqual([
    [
      'kubectl apply will bring the change back: it holds spec.template.spec.containers[spy]',
      'take it out of the manifest, on disk and in git',
    ],
  ]);
});

test.each<[string, Metadata, string, string]>([
  [
    'Argo CD',
    managed('argocd-controller'),
    'Argo CD',
    'set it to web:2.0 in git, or stop its automated sync: argocd app set APP --sync-policy none',
  ],
  [
    'Argo CD, by the annotation of kubectl that it writes',
    {
      annotations: {
        'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/web',
        ...applied({spec: {containers: [{name: 'web', image: 'web:2.1'}]}}).annotations,
      },
    },
    'Argo CD',
    'set it to web:2.0 in git, or stop its automated sync: argocd app set shop --sync-policy none',
  ],
  [
    'Flux',
    {
      ...managed('kustomize-controller', 'Apply'),
      labels: {'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system'},
    },
    'Flux',
    'set it to web:2.0 in git, or suspend it: flux suspend kustomization apps -n flux-system',
  ],
  [
    'Helm',
    {...managed('helm'), annotations: {'meta.helm.sh/release-name': 'web', 'meta.helm.sh/release-namespace': 'shop'}},
    'Helm',
    'set it to web:2.0 in the values of release web, or go back with it: helm rollback web -n shop',
  ],
  ['Terraform', managed('HashiCorp'), 'Terraform', 'set it to web:2.0 in the Terraform configuration'],
  [
    'server-side apply',
    managed('kubectl', 'Apply'),
    'kubectl apply --server-side',
    'set it to web:2.0 in the manifest, on disk and in git',
  ],
  ['a deployer of their own', managed('ship-it', 'Apply'), 'ship-it', 'set it to web:2.0 in what ship-it applies'],
])('names who owns the field: %s', (_case, metadata, name, hint) => {
  expect(said(workload(metadata))).toEqual([[`${name} will bring web:2.1 back: it holds ${FIELD}`, hint]]);
});

test.each(['kubectl-set', 'kubectl-edit', 'kubectl-rollout', 'kops', 'kube-controller-manager', 'k9s'])(
  'what was changed by hand comes back by nobody: %s',
  (manager) => {
    expect(warningsOf(workload(managed(manager)))).toEqual([]);
  },
);

test('a manager that owns other fields, or only the status, has no say', () => {
  const replicas = {
    'f:spec': {'f:replicas': {}, 'f:template': {'f:spec': {'f:containers': {'k:{"name":"proxy"}': {'f:image': {}}}}}},
  };
  expect(warningsOf(workload(managed('argocd-controller', 'Update', replicas)))).toEqual([]);
  const ofStatus = {managedFields: [{...(managed('argocd-controller').managedFields?.[0] ?? {}), subresource: 'status'}]};
  expect(warningsOf(workload(ofStatus))).toEqual([]);
});

test('fields that are owned as a whole, in lists and in maps with dots', () => {
  const live = template({container: {args: ['--bad'], ports: [{containerPort: 81}]}});
  const annotated = {...live, metadata: {labels: {app: 'web'}, annotations: {'example.com/a': 'x'}}};
  const ports = {'k:{"containerPort":81,"protocol":"TCP"}': {'.': {}, 'f:containerPort': {}}};
  const containers = {'k:{"name":"web"}': {'f:args': {}, 'f:ports': ports}};
  const fields = {
    'f:template': {'f:metadata': {'f:annotations': {'f:example.com/a': {}}}, 'f:spec': {'f:containers': containers}},
  };
  const [warning] = warningsOf(workload(managed('ship-it', 'Apply', {'f:spec': fields}), annotated), template());
  expect(warning?.message).toBe(
    'ship-it will bring x back: it holds spec.template.metadata.annotations[example.com/a], and 2 more',
  );
});

test('a workload of a controller is changed through its owner', () => {
  const owner = {apiVersion: 'example.com/v1', kind: 'Website', name: 'shop', uid: 'u', controller: true};
  expect(said(workload({ownerReferences: [owner]}))).toEqual([
    ['website/shop owns it: its controller may undo this', 'change website/shop instead'],
  ]);
});
