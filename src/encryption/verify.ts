import {ExitCode} from '../problem.ts';
import {enumerate} from '../text/enumerate.ts';
import {countedObjects} from '../text/plural.ts';
import {entriesOf} from './configuration/coverage.ts';
import {type ControlPlane, observe, type ServerState} from './control-plane.ts';
import {nextWhile, type OpenTransaction} from './open-transaction.ts';
import type {Residue} from './residue.ts';
import {type Audit, audit, type Reader, type ResourceAudit, readersOf, writePrefixes} from './stored/audit.ts';
import {type Keyspace, keysOf} from './stored/etcd-path.ts';

export interface VerifiedResource extends ResourceAudit {
  /** What new values begin with; several while servers disagree, `identity` where they are plaintext. */
  readonly writes: readonly string[];
  /** Encrypted values that are not under that key: a rewrite brings them there. */
  readonly stale: number;
}

/** What was found in etcd itself, read at one revision of it. */
export interface EncryptionVerification {
  readonly kind: 'EncryptionVerification';
  readonly context: string;
  /** How etcd was read. */
  readonly etcd: string;
  readonly revision: number;
  /** Whether any API server is told to encrypt. */
  readonly configured: boolean;
  readonly scanned: number;
  readonly encrypted: number;
  readonly plaintext: number;
  readonly undecryptable: number;
  /** Encrypted by a KMS, whose plugin alone can open them. */
  readonly unchecked: number;
  /** Number of values by what they begin with: `k8s:enc:secretbox:v1:key1:`; plaintext is under `identity`. */
  readonly byKey: Readonly<Record<string, number>>;
  readonly resources: readonly VerifiedResource[];
  /** etcd keys of all that is plaintext or undecryptable. */
  readonly offenders: readonly string[];
  /** Those of them that do not open, and why. */
  readonly failures: Audit['undecryptable'];
  /** Nodes whose configuration is missing or broken, so that nothing was opened with theirs. */
  readonly keyless: readonly string[];
  readonly notes: readonly string[];
  readonly ok: boolean;
  readonly next: string | null;
  readonly residue?: Residue;
}

/** What a control plane's nodes say, by their names. */
export type Observations = ReadonlyMap<string, ServerState>;

export async function observeNodes({nodes}: Pick<ControlPlane, 'nodes'>, signal: AbortSignal): Promise<Observations> {
  return new Map(await Promise.all(nodes.map(async (node) => [node.name, await observe(node, signal)] as const)));
}

export interface VerifyOptions {
  /** Without wildcards; see `resourcesInForce`. */
  readonly resources: readonly string[];
  readonly onProgress?: (scanned: number) => void;
  readonly open?: OpenTransaction | undefined;
}

/** Reads every value of these resources from etcd and opens each with the configuration of every node. Writes nothing. */
export async function verify(
  {context, etcd, ...keyspace}: Pick<ControlPlane, 'context' | 'etcd' | keyof Keyspace>,
  observations: Observations,
  {resources, onProgress, open}: VerifyOptions,
  signal: AbortSignal,
): Promise<EncryptionVerification> {
  const readers = readersIn(observations);
  const found = await audit(etcd, keysOf(resources, keyspace), {readers, ...(onProgress && {onProgress})}, signal);
  const verified = found.resources.map((resource) => withWriteKey(resource, readers));
  const configured = isConfigured(observations);
  const keyless = keylessNodes(observations);
  const sum = (count: (resource: ResourceAudit) => number) => verified.reduce((total, resource) => total + count(resource), 0);
  const plaintext = found.plaintext.length;
  const undecryptable = found.undecryptable.length;
  const ok = configured && readers.length > 0 && plaintext === 0 && undecryptable === 0 && !verified.some(fallsOpen);
  const next = nextStep({configured, plaintext, undecryptable, verified}) ?? keylessNext(observations);
  return {
    kind: 'EncryptionVerification',
    context,
    etcd: etcd.via,
    revision: found.revision,
    configured,
    scanned: sum(({total}) => total),
    encrypted: sum(({encrypted}) => encrypted),
    plaintext,
    undecryptable,
    unchecked: sum(({unchecked}) => unchecked),
    byKey: merged(verified.map(({byKey}) => byKey)),
    resources: verified,
    offenders: [...found.plaintext, ...found.undecryptable.map(({key}) => key)].sort(),
    failures: found.undecryptable,
    notes: [...configTroubles(observations), ...notesOn(verified)],
    keyless,
    ok,
    next: nextWhile(open, next),
  };
}

/** 3 where something lies open, or would as soon as it is written again, or cannot be opened; 4 where only etcd's own log has to forget yet. */
export function exitCodeOfVerification({ok, residue}: EncryptionVerification): ExitCode {
  if (ok && (residue?.ok ?? true)) return ExitCode.ok;
  return ok && residue?.onlyLog ? ExitCode.unfinished : ExitCode.negative;
}

/** The resources that configurations name, wildcards as they are there; Secrets always, for nobody means them to lie open. */
export const resourcesInForce = (observations: Observations): string[] => [
  ...new Set([
    'secrets',
    ...[...observations.values()].flatMap(({configuration}) => (configuration ? entriesOf(configuration) : [])),
  ]),
];

/**
 * A file that is missing, or cannot be understood, opens nothing; the servers that have another one say what that opens. A server without the
 * flag reads plaintext only.
 */
export const readersIn = (observations: Observations): Reader[] =>
  readersOf(
    [...observations]
      .filter(([, {configProblem}]) => configProblem === undefined)
      .map(([name, {configHash, configuration}]) => ({name, configHash, configuration})),
  );

function withWriteKey(resource: ResourceAudit, readers: readonly Reader[]): VerifiedResource {
  const writes = writePrefixes(readers, resource.resource);
  const current = writes.reduce((count, prefix) => count + (prefix === 'identity' ? 0 : (resource.byKey[prefix] ?? 0)), 0);
  return {...resource, writes, stale: writes.every((prefix) => prefix === 'identity') ? 0 : resource.encrypted - current};
}

/** What is encrypted would be plaintext once it is written again: any server may be the one that does it. */
export const fallsOpen = ({encrypted, writes}: Pick<VerifiedResource, 'encrypted' | 'writes'>): boolean =>
  encrypted > 0 && writes.includes('identity');

function merged(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const all = new Map<string, number>();
  for (const [prefix, count] of counts.flatMap((one) => Object.entries(one))) all.set(prefix, (all.get(prefix) ?? 0) + count);
  return Object.fromEntries([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const isConfigured = (observations: Observations): boolean =>
  [...observations.values()].some(({configFile, configProblem}) => configFile !== undefined || configProblem !== undefined);

export const keylessNodes = (observations: Observations): string[] =>
  [...observations].flatMap(([name, {configProblem}]) => (configProblem ? [name] : []));

const keylessNext = (observations: Observations): string | null => {
  const [problem] = [...observations.values()].flatMap(({configProblem}) => configProblem ?? []);
  return problem === undefined ? null : (problem.next ?? 'kops encrypt-at-rest status');
};

/** What keeps a node's file from being what its API server encrypts with. */
export const configTroubles = (observations: Observations): string[] =>
  [...observations.values()].flatMap(({configProblem}) =>
    configProblem ? [[configProblem.message, configProblem.why].filter(Boolean).join(': ')] : [],
  );

function notesOn(resources: readonly VerifiedResource[]): string[] {
  return resources.flatMap((verified) => {
    const {resource, total, plaintext, encrypted, unchecked, stale, writes} = verified;
    const kmsKeys = kmsKeysOf(verified);
    return [
      ...(total === 0 ? [`there are no ${resource} in etcd`] : []),
      ...(writes.length > 1 ? [`the API servers do not agree on how ${resource} are written: ${writes.join(', ')}`] : []),
      ...(plaintext + encrypted > 0 && writes.includes('identity') ? [`new ${resource} are written as plaintext`] : []),
      ...(stale > 0
        ? [`${countedObjects(stale, resource)} ${stale === 1 ? 'is' : 'are'} not under the key that writes now`]
        : []),
      ...(unchecked > 0
        ? [
            `${countedObjects(unchecked, resource)} ${unchecked === 1 ? 'is' : 'are'} under a KMS: only its plugin can open them, so that was not tried`,
          ]
        : []),
      ...(kmsKeys.length > 1
        ? [
            `${resource} are under ${kmsKeys.length} keys of the KMS (${enumerate(kmsKeys)}): a rewrite brings all under the one it has now`,
          ]
        : []),
    ];
  });
}

/** Of the provider that writes now, which was rotated where there are several. */
const kmsKeysOf = ({byKmsKey, writes}: VerifiedResource): string[] =>
  writes.flatMap((prefix) => Object.keys(byKmsKey).flatMap((key) => (key.startsWith(prefix) ? key.slice(prefix.length) : [])));

interface Findings {
  readonly configured: boolean;
  readonly plaintext: number;
  readonly undecryptable: number;
  readonly verified: readonly VerifiedResource[];
}

function nextStep({configured, plaintext, undecryptable, verified}: Findings): string | null {
  if (undecryptable > 0)
    return 'put the missing key back into the configuration: kops keeps retired ones in /etc/kubernetes/kops/archive';
  const uncovered = verified
    .filter((found) => found.total > 0 && found.writes.includes('identity'))
    .map(({resource}) => resource);
  const option = uncovered.every((resource) => resource === 'secrets') ? '' : ` --resources ${uncovered.join(',')}`;
  if (uncovered.length > 0 || !configured) return `kops encrypt-at-rest setup${option}`;
  return plaintext > 0 || verified.some((resource) => resource.stale > 0 || kmsKeysOf(resource).length > 1)
    ? 'kops encrypt-at-rest rewrite'
    : null;
}
