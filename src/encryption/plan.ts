import type {ResourceAudit} from './stored/audit.ts';
import type {Draft} from './transaction/prepare.ts';
import {ABSENT, type Operation} from './transaction/record.ts';

/** What a change of the encryption will do, before it is begun. */
export interface EncryptionPlan {
  readonly kind: 'EncryptionPlan';
  readonly context: string;
  readonly operation: Operation;
  /** Of the control planes. */
  readonly nodes: readonly string[];
  readonly writeKey: {readonly provider: string; readonly keyName: string | null};
  /** Keys that nothing needs any more in the end. */
  readonly retires: readonly string[];
  readonly resources: readonly {readonly resource: string; readonly total: number}[];
  readonly files: readonly {readonly path: string; readonly change: string}[];
  /** Whether API servers restart: each of the nodes, one at a time. */
  readonly restarts: readonly string[];
  readonly rewrite: boolean;
  /** Path of the etcd snapshot; null for none. */
  readonly snapshot: string | null;
  /** Seconds. */
  readonly confirmWithin: number;
  /** Whether what is in plaintext can no longer be read in the end. */
  readonly strict: boolean;
}

export function planOf({
  context,
  draft,
  counts,
  snapshot,
}: {
  readonly context: string;
  readonly draft: Draft;
  readonly counts: readonly ResourceAudit[];
  readonly snapshot: string | undefined;
}): EncryptionPlan {
  const {transaction, servers} = draft;
  const {operation, writeKey, retires, rewrite, confirmWithin, configurationFile, nodes, stages} = transaction;
  const disables = operation === 'disable';
  const restarts = servers.filter(({name}) => {
    const {original, enabled, final} = nodes[name]?.manifest ?? {};
    return original !== enabled || (disables && rewrite && original !== final);
  });
  const isNew = Object.values(nodes).every(({configuration}) => configuration === ABSENT);
  const manifests = [...new Set(restarts.map(({manifestPath}) => manifestPath))];
  return {
    kind: 'EncryptionPlan',
    context,
    operation,
    nodes: servers.map(({name}) => name),
    writeKey: {provider: writeKey.provider, keyName: writeKey.keyName ?? null},
    retires,
    resources: counts.map(({resource, total}) => ({resource, total})),
    files: [
      {path: configurationFile, change: disables && rewrite ? 'goes to the archive' : isNew ? 'new, 0600' : 'changed'},
      ...manifests.map((path) => ({path, change: disables ? '- 2 flags, 1 mount' : '+ 2 flags, 1 mount'})),
    ],
    restarts: restarts.map(({name}) => name),
    rewrite,
    snapshot: snapshot ?? null,
    confirmWithin,
    strict: operation === 'setup' && stages.final !== undefined,
  };
}
