import {parseObject} from '../../kube/json.ts';
import {ExitCode, Problem} from '../../problem.ts';

export type Operation = 'setup' | 'rotate' | 'disable';

/** Where kops keeps what it needs on every control-plane node; 0700, because configurations of every stage are in it. */
const KOPS_FOLDER = '/etc/kubernetes/kops';
export const RECORD_FILE = `${KOPS_FOLDER}/transaction.json`;
export const JOURNAL_FILE = `${KOPS_FOLDER}/journal`;
export const LOCK_FOLDER = `${KOPS_FOLDER}/lock`;
/** Retired configurations with their keys: older snapshots of etcd cannot be read without them. */
export const ARCHIVE_FOLDER = `${KOPS_FOLDER}/archive`;
/** Where a configuration is kept unless the manifest names another place. */
export const CONFIGURATION_FILE = '/etc/kubernetes/enc/encryption.yaml';

export const backupFolder = (id: string): string => `${KOPS_FOLDER}/backup/${id}`;
export const stageFile = (id: string, stage: StageName): string => `${backupFolder(id)}/stage-${stage}.yaml`;

/**
 * The configurations that a change goes through, each on all servers before the next: `read` can read whatever the one before and the one
 * after write; `write` writes as is wanted in the end; `final` no longer knows what nothing needs.
 */
export type StageName = 'read' | 'write' | 'final';

/** A SHA-256 in hex, or that there is no such file. */
export type Digest = string;
export const ABSENT = 'absent';

/** What a node had before, and what it has at each stage: any other content was written by someone else. */
export interface NodeRecord {
  readonly manifest: {readonly original: Digest; readonly enabled: Digest; readonly final: Digest};
  /** Of the configuration file; `absent` where there was none. */
  readonly configuration: Digest;
}

/** What is decided when a change begins, and never changes until it ends. The same file is on every control-plane node. */
export interface Transaction {
  readonly version: 1;
  readonly id: string;
  readonly operation: Operation;
  /** RFC 3339. */
  readonly startedAt: string;
  /** `user@host`, for whoever finds it open. */
  readonly startedBy: string;
  /** The node whose journal and lock count. */
  readonly lead: string;
  readonly resources: readonly string[];
  /** What encrypts in the end; `identity` for disable. */
  readonly writeKey: {readonly provider: string; readonly keyName: string | undefined};
  /** Of keys that nothing needs any more in the end. */
  readonly retires: readonly string[];
  /** On the node and in the container alike. */
  readonly configurationFile: string;
  readonly stages: Readonly<Record<'read' | 'write', Digest>> & {readonly final: Digest | undefined};
  readonly rewrite: boolean;
  /** kubeadm's, of before; undefined where there is none. */
  readonly clusterConfiguration: string | undefined;
  /** Where the etcd snapshot went, on the machine of `startedBy`; undefined for none. */
  readonly snapshot: string | undefined;
  /** Seconds after which a node puts back what was not confirmed. */
  readonly confirmWithin: number;
  readonly nodes: Readonly<Record<string, NodeRecord>>;
}

/** `20261123-143012-3f9c`: sorts by time, and two that begin in one second differ. */
export function newTransactionId(now: Date, random: (bytes: number) => Buffer): string {
  const [date = '', time = ''] = now.toISOString().split('T');
  return `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${random(2).toString('hex')}`;
}

export const serialiseTransaction = (transaction: Transaction): Buffer =>
  Buffer.from(`${JSON.stringify(transaction, null, 2)}\n`);

/** Rejects what another version of kops wrote, rather than guessing at what it meant. */
export function parseTransaction(content: Buffer, where: string): Transaction {
  const value = parseObject(content.toString('utf8')) as Partial<Transaction> | undefined;
  if (value?.version === 1 && value.id !== undefined && value.nodes?.[value.lead ?? ''] !== undefined)
    return value as Transaction;
  throw new Problem(`${where} is not a transaction that this kops understands`, {
    why: 'another version of kops wrote it, or somebody edited it',
    next: 'resume or abort it with the kops that began it',
    exitCode: ExitCode.negative,
  });
}
