import {createHash} from 'node:crypto';
import {readFile, removeFile, writeFile} from '../../nodes/files.ts';
import type {Node} from '../../nodes/node.ts';
import {ExitCode, Problem} from '../../problem.ts';
import type {ControlPlaneNode} from '../control-plane.ts';
import {type JournalEntry, parseJournal} from './journal.ts';
import {
  ABSENT,
  ARCHIVE_FOLDER,
  backupFolder,
  type Digest,
  JOURNAL_FILE,
  parseTransaction,
  RECORD_FILE,
  type StageName,
  serialiseTransaction,
  stageFile,
  type Transaction,
} from './record.ts';
import type {Server} from './servers.ts';

/** What a node had when the transaction began. */
export interface Originals {
  readonly manifest: Buffer;
  /** Undefined where there was none. */
  readonly configuration: Buffer | undefined;
}

/** The files that stages are made of. */
export interface StageFiles {
  readonly read: Buffer;
  readonly write: Buffer;
  readonly final: Buffer | undefined;
}

/** Of changes that were killed before they began, or after they had ended. */
const REMOVE_STAGES = 'rm -f -- "$1$2"*/stage-*.yaml';

const PRIVATE = {mode: '600', directoryMode: '700'};

export const digestOf = (content: Buffer | undefined): Digest =>
  content === undefined ? ABSENT : createHash('sha256').update(content).digest('hex');

/** Puts backups and stages on every node: whoever finds a record finds all that it needs. Harmless where some of it is there. */
export async function writeBackups(
  transaction: Transaction,
  servers: readonly Server[],
  originals: ReadonlyMap<string, Originals>,
  stages: StageFiles,
  signal: AbortSignal,
): Promise<void> {
  const folder = backupFolder(transaction.id);
  for (const {name, node} of servers) {
    await node.run(REMOVE_STAGES, [node.root, backupFolder('')], {}, signal);
    const original = originals.get(name);
    if (original === undefined) throw new Error(`no originals of ${name}`);
    await writeFile(node, `${folder}/kube-apiserver.yaml`, original.manifest, PRIVATE, signal);
    if (original.configuration !== undefined)
      await writeFile(node, `${folder}/encryption.yaml`, original.configuration, PRIVATE, signal);
    for (const stage of stageNames(stages)) {
      const content = stages[stage];
      if (content !== undefined) await writeFile(node, stageFile(transaction.id, stage), content, PRIVATE, signal);
    }
  }
}

/** What makes it an open transaction. Those of an interrupted run may have missed some nodes. */
export async function writeRecords(
  transaction: Transaction,
  servers: readonly ControlPlaneNode[],
  signal: AbortSignal,
): Promise<void> {
  for (const {node} of leadLast(servers, transaction))
    await writeFile(node, RECORD_FILE, serialiseTransaction(transaction), PRIVATE, signal);
}

/** A transaction that has begun and not ended. */
export interface OpenRecord {
  readonly transaction: Transaction;
  /** Those that have its record. */
  readonly nodes: readonly string[];
}

/** A node's record, as it is. */
export interface RawRecord {
  readonly name: string;
  readonly content: Buffer;
}

/** All nodes are asked: a transaction may have been interrupted before it told them all. */
export async function readRecords(
  nodes: readonly Pick<ControlPlaneNode, 'name' | 'node'>[],
  signal: AbortSignal,
): Promise<RawRecord[]> {
  const files = await Promise.all(nodes.map(async ({name, node}) => ({name, file: await readFile(node, RECORD_FILE, signal)})));
  return files.flatMap(({name, file}) => (file ? [{name, content: file.content}] : []));
}

/** What is open; undefined where nothing is. Rejects where nobody can go on with it. */
export function openOf(records: readonly RawRecord[]): OpenRecord | undefined {
  const found = records.map(({name, content}) => ({name, transaction: parseTransaction(content, `${RECORD_FILE} on ${name}`)}));
  const [first] = found;
  if (first === undefined) return undefined;
  if (found.every(({transaction}) => transaction.id === first.transaction.id))
    return {transaction: first.transaction, nodes: found.map(({name}) => name)};
  throw new Problem('two transactions are open at once', {
    why: found
      .map(({name, transaction: {operation, id, startedBy}}) => `${operation} ${id} by ${startedBy} on ${name}`)
      .join('\n'),
    next: `remove ${RECORD_FILE} on the nodes that have the wrong one`,
    exitCode: ExitCode.negative,
  });
}

/** The transaction that is open; undefined where none is. Rejects as `openOf`. */
export const readOpen = async (
  nodes: readonly Pick<ControlPlaneNode, 'name' | 'node'>[],
  signal: AbortSignal,
): Promise<Transaction | undefined> => openOf(await readRecords(nodes, signal))?.transaction;

/** The one whose journal and lock count. */
export function leadOf<T extends {readonly name: string}>({lead}: Transaction, servers: readonly T[]): T {
  const found = servers.find(({name}) => name === lead);
  if (found === undefined) throw new Error('the lead is one of the servers of its transaction');
  return found;
}

export async function readJournal(lead: Node, transaction: string, signal: AbortSignal): Promise<JournalEntry[]> {
  const file = await readFile(lead, JOURNAL_FILE, signal);
  return file === undefined ? [] : parseJournal(file.content, transaction);
}

/** What `writeBackups` put on a node. Rejects where it is not there, or no longer what it was. */
export async function readOriginals({node, name}: Server, transaction: Transaction, signal: AbortSignal): Promise<Originals> {
  const folder = backupFolder(transaction.id);
  const record = transaction.nodes[name];
  const read = async (file: string, digest: Digest | undefined): Promise<Buffer | undefined> => {
    if (digest === ABSENT) return undefined;
    return checked(await readFile(node, `${folder}/${file}`, signal), digest, `${folder}/${file} on ${name}`);
  };
  const manifest = await read('kube-apiserver.yaml', record?.manifest.original);
  const configuration = await read('encryption.yaml', record?.configuration);
  return {manifest: manifest ?? Buffer.alloc(0), configuration};
}

export async function readStages(lead: Node, {id, stages}: Transaction, signal: AbortSignal): Promise<StageFiles> {
  const read = async (stage: StageName, digest: Digest): Promise<Buffer> => {
    const path = stageFile(id, stage);
    return checked(await readFile(lead, path, signal), digest, `${path} on ${lead.name}`);
  };
  return {
    read: await read('read', stages.read),
    write: await read('write', stages.write),
    final: stages.final === undefined ? undefined : await read('final', stages.final),
  };
}

function checked(file: {content: Buffer; sha256: string} | undefined, digest: Digest | undefined, where: string): Buffer {
  if (file !== undefined && file.sha256 === digest) return file.content;
  throw new Problem(`${where} is ${file === undefined ? 'gone' : 'not what it was'}`, {
    why: 'the open transaction cannot go on without it',
    next: 'copy it from another control-plane node, or abort: kops encrypt-at-rest abort',
    exitCode: ExitCode.negative,
  });
}

/**
 * Ends the transaction: what held keys that nothing else holds goes to the archive, then the records go, that of the lead last, and, when
 * nobody can need them any more, the stages. Backups of what was there before stay.
 */
export async function closeTransaction(transaction: Transaction, servers: readonly Server[], signal: AbortSignal): Promise<void> {
  const {id, retires} = transaction;
  for (const {node} of servers) {
    const original = await readFile(node, `${backupFolder(id)}/encryption.yaml`, signal);
    if (original && retires.length > 0) await writeFile(node, `${ARCHIVE_FOLDER}/${id}.yaml`, original.content, PRIVATE, signal);
  }
  for (const {node} of leadLast(servers, transaction)) await removeFile(node, RECORD_FILE, {}, signal);
  await removeStages(transaction, servers, signal);
}

/** From every node that answers; rejects with the first failure. */
export async function removeStages({id}: Transaction, servers: readonly ControlPlaneNode[], signal: AbortSignal): Promise<void> {
  const all = servers.map(async ({node}) => {
    for (const stage of ['read', 'write', 'final'] as const) await removeFile(node, stageFile(id, stage), {}, signal);
  });
  const failed = (await Promise.allSettled(all)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

const stageNames = (stages: StageFiles): StageName[] =>
  stages.final === undefined ? ['read', 'write'] : ['read', 'write', 'final'];

/** The lead has the record for as long as any other node has it. */
const leadLast = <T extends {readonly name: string}>(servers: readonly T[], {lead}: Transaction): T[] => [
  ...servers.filter(({name}) => name !== lead),
  ...servers.filter(({name}) => name === lead),
];
