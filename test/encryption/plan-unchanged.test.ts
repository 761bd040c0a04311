import {expect, test} from 'vitest';
import {planOf} from '../../src/encryption/plan.ts';
import type {ResourceAudit} from '../../src/encryption/stored/audit.ts';
import type {Draft} from '../../src/encryption/transaction/prepare.ts';
import {ABSENT} from '../../src/encryption/transaction/record.ts';
import type {Server} from '../../src/encryption/transaction/servers.ts';
import {kubeadm} from '../support/api-server-manifests.ts';

const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const CONFIGURATION = '/etc/kubernetes/enc/encryption.yaml';

interface State {
  /** Digests of what the node has. */
  readonly manifest: string;
  readonly configuration: string;
  /** Digests of the stages that it is to have. */
  readonly stages?: {readonly read: string; readonly write: string; readonly final: string | undefined};
  readonly rewrite?: boolean;
}

/** A setup with key1 on one node, whose manifest is to be `enabled`. */
function draft({manifest, configuration, stages, rewrite = true}: State): Draft {
  const server = {name: 'cp-1', manifestPath: MANIFEST, node: {access: 'docker'}} as Server;
  return {
    servers: [server],
    originals: new Map([['cp-1', {manifest: Buffer.from(kubeadm), configuration: undefined}]]),
    sockets: [],
    socketsOnNodes: new Map(),
    stages: {read: Buffer.of(), write: Buffer.of(), final: undefined},
    transaction: {
      version: 1,
      id: 't',
      operation: 'setup',
      startedAt: '2026-11-23T10:00:00Z',
      startedBy: 'ada@laptop',
      lead: 'cp-1',
      resources: ['secrets'],
      writeKey: {provider: 'secretbox', keyName: 'key1'},
      retires: [],
      configurationFile: CONFIGURATION,
      stages: stages ?? {read: 'base', write: 'base', final: undefined},
      rewrite,
      clusterConfiguration: undefined,
      snapshot: undefined,
      confirmWithin: 90,
      nodes: {'cp-1': {manifest: {original: manifest, enabled: 'enabled', final: 'enabled'}, configuration}},
    },
  };
}

const counts = (byKey: Record<string, number>): ResourceAudit[] => {
  const total = Object.values(byKey).reduce((sum, count) => sum + count, 0);
  return [{resource: 'secrets', total, encrypted: 0, plaintext: 0, undecryptable: 0, unchecked: 0, byKey, byKmsKey: {}}];
};
const UNDER_KEY = {'k8s:enc:secretbox:v1:key1:': 20};
const ours = {manifest: 'enabled', configuration: 'base'};

test.each<[string, State, Record<string, number>, boolean, {unchanged: boolean; files: string[]; stale: number}]>([
  ['all is so already', ours, UNDER_KEY, false, {unchanged: true, files: [], stale: 0}],
  ['some values are plaintext', ours, {...UNDER_KEY, identity: 3}, false, {unchanged: false, files: [], stale: 3}],
  [
    'some values are plaintext, and are to stay so',
    {...ours, rewrite: false},
    {identity: 3},
    false,
    {unchanged: true, files: [], stale: 3},
  ],
  ['kubeadm has lost the flags', ours, UNDER_KEY, true, {unchanged: false, files: ['kubeadm-config'], stale: 0}],
  ['the manifest lacks a flag', {...ours, manifest: 'half'}, UNDER_KEY, false, {unchanged: false, files: [MANIFEST], stale: 0}],
  [
    'plaintext is to be no longer readable',
    {...ours, stages: {read: 'base', write: 'base', final: 'strict'}},
    UNDER_KEY,
    false,
    {unchanged: false, files: [CONFIGURATION], stale: 0},
  ],
  [
    'nothing is there',
    {manifest: 'none', configuration: ABSENT, stages: {read: 'read', write: 'write', final: undefined}},
    {identity: 2},
    true,
    {unchanged: false, files: [CONFIGURATION, MANIFEST, 'kubeadm-config'], stale: 2},
  ],
])('what a setup changes where %s', (_case, state, byKey, editsKubeadm, {unchanged, files, stale}) => {
  const plan = planOf({context: 'c', draft: draft(state), counts: counts(byKey), snapshot: 'before.db', editsKubeadm});
  expect(plan).toMatchObject({unchanged, snapshot: unchanged ? null : 'before.db', resources: [{stale}]});
  expect(plan).toMatchObject({confirmWithin: 90, reloadWithin: files.includes(CONFIGURATION) ? 165 : null});
  expect(plan.files.map(({path}) => path)).toEqual(files);
});
