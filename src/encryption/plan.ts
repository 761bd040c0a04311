import {posix} from 'node:path';
import type {NodeAccess} from '../nodes/node.ts';
import {counted} from '../text/plural.ts';
import {parseConfiguration} from './configuration/parse.ts';
import {readManifest} from './manifest/manifest.ts';
import {type RetiredKey, retiredKeys} from './retired.ts';
import {prefixOfWriteKey, type ResourceAudit} from './stored/audit.ts';
import {type CanaryKind, canaryKindOf} from './transaction/canary.ts';
import {type Draft, manifestsOf} from './transaction/prepare.ts';
import {ABSENT, type Operation} from './transaction/record.ts';
import {reloadWithin} from './transaction/servers.ts';

/** What a change of the encryption will do, before it is begun. */
export interface EncryptionPlan {
  readonly kind: 'EncryptionPlan';
  readonly context: string;
  readonly operation: Operation;
  /** Of the control planes. */
  readonly nodes: readonly string[];
  /** The ways by which they are reached. */
  readonly access: readonly NodeAccess[];
  readonly writeKey: {readonly provider: string; readonly keyName: string | null};
  /** Keys that nothing needs any more in the end. */
  readonly retires: readonly RetiredKey[];
  /** `stale`: how many of them are not stored under the key that is to write them. */
  readonly resources: readonly {readonly resource: string; readonly total: number; readonly stale: number}[];
  /** Those that change. */
  readonly files: readonly {readonly path: string; readonly change: string}[];
  /** Whether API servers restart: each of the nodes, one at a time. */
  readonly restarts: readonly string[];
  readonly rewrite: boolean;
  /** What is written and read back through every server before anything is rewritten; null where no resource of the change lends itself. */
  readonly canary: CanaryKind | null;
  /** Path of the etcd snapshot; null for none. */
  readonly snapshot: string | null;
  /** Seconds after which a node puts its old files back where its server does not come back from a restart. */
  readonly confirmWithin: number;
  /** The same where it was to read a new file while it runs; null where none does. */
  readonly reloadWithin: number | null;
  /** Whether what is in plaintext can no longer be read in the end. */
  readonly strict: boolean;
  /** Whether all is as it is to be: nothing will be written anywhere, only looked at. */
  readonly unchanged: boolean;
}

/** As `EncryptionPlan` names it among files; it is a ConfigMap. */
const KUBEADM = 'kubeadm-config';

export function planOf({
  context,
  draft,
  counts,
  snapshot,
  editsKubeadm,
}: {
  readonly context: string;
  readonly draft: Draft;
  readonly counts: readonly ResourceAudit[];
  readonly snapshot: string | undefined;
  /** Whether what the next `kubeadm upgrade` makes manifests of changes. */
  readonly editsKubeadm: boolean;
}): EncryptionPlan {
  const {transaction, servers} = draft;
  const {operation, writeKey, retires, rewrite, confirmWithin, configurationFile, nodes, stages} = transaction;
  const disables = operation === 'disable';
  const restarts = servers.filter(({name}) => {
    const {original, enabled, final} = nodes[name]?.manifest ?? {};
    return original !== enabled || (disables && rewrite && original !== final);
  });
  const present = new Set(Object.values(nodes).map(({configuration}) => configuration));
  const isSettled = [stages.read, stages.write, stages.final ?? stages.write].every(
    (stage) => present.size === 1 && present.has(stage),
  );
  const wanted = prefixOfWriteKey({
    provider: writeKey.provider,
    ...(writeKey.keyName !== undefined && {keyName: writeKey.keyName}),
  });
  const resources = counts.map(({resource, total, byKey}) => ({resource, total, stale: total - (byKey[wanted] ?? 0)}));
  const isNew = Object.values(nodes).every(({configuration}) => configuration === ABSENT);
  const manifests = new Map(restarts.map(({name, manifestPath}) => [manifestPath, changeOf(draft, name)]));
  const change = disables && rewrite ? 'archived' : isNew ? 'new, 0600' : 'changed';
  const files = [
    ...(isSettled ? [] : [{path: configurationFile, change}]),
    ...[...manifests].map(([path, change]) => ({path, change})),
    ...(editsKubeadm ? [{path: KUBEADM, change: disables && rewrite ? 'upgrades forget it' : 'upgrades keep it'}] : []),
  ];
  const unchanged = files.length === 0 && (!rewrite || resources.every(({stale}) => stale === 0));
  return {
    kind: 'EncryptionPlan',
    context,
    operation,
    nodes: servers.map(({name}) => name),
    access: [...new Set(servers.map(({node}) => node.access))],
    writeKey: {provider: writeKey.provider, keyName: writeKey.keyName ?? null},
    retires: retiredKeys(retires, draft.stages.read),
    resources,
    files,
    restarts: restarts.map(({name}) => name),
    rewrite,
    canary: canaryKindOf(transaction.resources) ?? null,
    snapshot: unchanged ? null : (snapshot ?? null),
    confirmWithin,
    reloadWithin: isSettled ? null : reloadWithin(transaction),
    strict: rewrite && !disables && dropsPlaintext(draft.stages),
    unchanged,
  };
}

/** Whether fewer rules read plaintext in the end. */
function dropsPlaintext({write, final}: Draft['stages']): boolean {
  if (final === undefined) return false;
  const [before, after] = [write, final].map((stage) => {
    const {rules} = parseConfiguration(stage.toString('utf8'), 'the configuration');
    return rules.filter(({providers}) => providers.some(({type}) => type === 'identity')).length;
  });
  return (after ?? 0) < (before ?? 0);
}

/** `+ 2 flags, 2 mounts (KMS: /run/kms)` */
function changeOf({transaction, originals, sockets}: Draft, node: string): string {
  const {operation, configurationFile, rewrite} = transaction;
  const original = originals.get(node)?.manifest ?? Buffer.alloc(0);
  const {enabled, final} = manifestsOf(original, operation, configurationFile, sockets);
  const read = (manifest: Buffer) => readManifest(manifest.toString('utf8'), `the manifest of ${node}`);
  const [before, after] = [read(original), read(rewrite ? final : enabled)];
  const [sign, more, less] = operation === 'disable' ? ['-', before, after] : ['+', after, before];
  const flags = more.flags.size - less.flags.size;
  const mounts = more.mounts.filter((mount) => !less.mounts.includes(mount));
  const counts = [
    ...(flags > 0 ? [counted(flags, 'flag')] : []),
    ...(mounts.length > 0 ? [counted(mounts.length, 'mount')] : []),
  ];
  const kms = mounts.filter((mount) => mount !== posix.dirname(configurationFile));
  const folders = kms.length > 0 ? ` (KMS: ${kms.join(', ')})` : '';
  return counts.length === 0 ? 'changed' : `${sign} ${counts.join(', ')}${folders}`;
}
