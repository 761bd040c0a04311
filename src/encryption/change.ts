import {randomBytes} from 'node:crypto';
import {stat} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';
import {readFile} from '../nodes/files.ts';
import {ExitCode, Problem} from '../problem.ts';
import type {Progress} from '../progress.ts';
import {enumerate} from '../text/enumerate.ts';
import {counted, countedObjects} from '../text/plural.ts';
import {archiveWords, spreadArchive} from './archive.ts';
import type {EncryptionConfiguration} from './configuration/configuration.ts';
import {entriesOf, writeKeyOf} from './configuration/coverage.ts';
import {socketsOf} from './configuration/kms.ts';
import {parseConfiguration} from './configuration/parse.ts';
import type {ControlPlane} from './control-plane.ts';
import {bytesToRewrite} from './etcd-room.ts';
import {refuseLeftovers} from './leftovers.ts';
import {refuseOpen} from './open-transaction.ts';
import {type EncryptionPlan, planOf} from './plan.ts';
import {preflight} from './preflight.ts';
import type {StaleOf} from './rewrite/all.ts';
import {removeCopies} from './stacked-etcd.ts';
import {audit, readersOf, type UndecryptableValue, writePrefixOf} from './stored/audit.ts';
import {keysOf} from './stored/etcd-path.ts';
import {kubeadmEdit, readClusterConfiguration} from './transaction/kubeadm.ts';
import {type Draft, draftTransaction, type Observed, observeAll} from './transaction/prepare.ts';
import {ABSENT, type Operation, type Transaction} from './transaction/record.ts';
import type {Stages} from './transaction/stages.ts';
import type {Proof, Work} from './transaction/steps.ts';
import {type Originals, type StageFiles, writeBackups, writeRecords} from './transaction/store.ts';
import {type EncryptionRun, transact} from './transaction/transact.ts';

/** Said of setup, rotate and disable alike. */
export interface ChangeOptions {
  /** Rewrite what is stored, and verify it. */
  readonly rewrite: boolean;
  /** Where the etcd snapshot goes; undefined for none. */
  readonly snapshot: string | undefined;
  /** Seconds after which a node puts back by itself what was not confirmed. */
  readonly confirmWithin: number;
  readonly now: Date;
}

/** The things that a change does elsewhere, handed in so that each can be tried alone. */
export interface Tools {
  /** Rewrites the objects of these resources. Rejects where some could not be rewritten. */
  rewrite(resources: readonly string[], staleOf: StaleOf, detail: (text: string) => void, signal: AbortSignal): Promise<void>;
  /** Saves all of etcd to a new file, 0600. */
  snapshot(path: string, detail: (text: string) => void, signal: AbortSignal): Promise<void>;
}

/** A change that is decided and not begun: nothing was touched yet. */
export interface PreparedChange {
  readonly plan: EncryptionPlan;
  readonly draft: Draft;
  readonly snapshot: string | undefined;
  /** Whether kubeadm is told in the end: its ConfigMap is there, and does not say so yet. */
  readonly editsKubeadm: boolean;
  /** That a rewrite may add to etcd's database; 0 without one. */
  readonly bytes: number;
}

/** Rejects where a transaction is open already, or the servers do not agree. `command`: what is to be given again once none is open. */
export async function observeForChange(plane: ControlPlane, signal: AbortSignal, command?: string): Promise<Observed> {
  await refuseOpen(plane.nodes, signal, command);
  return observeAll(plane, signal);
}

/** The configuration of all servers. Rejects where there is none, or none that encrypts anything. `what` could not be done to it. */
export function requireEncryption({base}: Observed, what: string): EncryptionConfiguration {
  if (base && entriesOf(base).some((entry) => writeKeyOf(base, entry)?.provider !== 'identity')) return base;
  throw new Problem(`there is no encryption that could be ${what}`, {
    why: base
      ? 'the configuration of this cluster writes everything in plaintext'
      : 'no API server of this cluster encrypts anything at rest',
    next: 'kops encrypt-at-rest setup',
    exitCode: ExitCode.negative,
  });
}

export async function prepareChange(
  plane: ControlPlane,
  observed: Observed,
  change: {readonly operation: Operation; readonly resources: readonly string[]; readonly stages: Stages},
  options: ChangeOptions,
  signal: AbortSignal,
): Promise<PreparedChange> {
  const {operation, resources, stages} = change;
  if (options.snapshot !== undefined) await checkPlace(options.snapshot);
  const clusterConfiguration = await readClusterConfiguration(plane.cluster, signal);
  const draft = await draftTransaction(
    observed,
    operation,
    resources,
    stages,
    {...options, snapshot: options.snapshot && resolve(options.snapshot), clusterConfiguration, random: randomBytes},
    signal,
  );
  const readers = readersOf([{name: 'all', configHash: undefined, configuration: stages.read}]); // what any server can open, all can then
  const {resources: counts, undecryptable, ...stored} = await audit(plane.etcd, keysOf(resources, plane), {readers}, signal);
  refuseUndecryptable(undecryptable, unusedFiles(observed, draft));
  const edited = clusterConfiguration && kubeadmEdit(draft.transaction, draft.sockets)(clusterConfiguration);
  const editsKubeadm = edited !== clusterConfiguration;
  const plan = planOf({context: plane.context, draft, counts, snapshot: options.snapshot, editsKubeadm});
  const bytes = options.rewrite ? bytesToRewrite(stored.bytes, counts) : 0;
  return {plan, draft, snapshot: options.snapshot, editsKubeadm, bytes};
}

/** Before anything is asked or done: the snapshot must go where there is room for a new file. */
async function checkPlace(path: string): Promise<void> {
  const isFolder = await stat(dirname(path)).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const isTaken = await stat(path).then(
    () => true,
    () => false,
  );
  if (isFolder && !isTaken) return;
  throw new Problem(`the etcd snapshot cannot go to ${path}`, {
    why: isTaken ? 'there is such a file already, and it is not overwritten' : `there is no folder ${dirname(path)}`,
    next: 'name another place: --snapshot-file FILE, or leave it out: --no-snapshot',
    exitCode: ExitCode.usage,
  });
}

/** Does what was prepared. See `transact` for what it resolves with. */
export async function applyChange(
  plane: ControlPlane,
  {draft, snapshot, editsKubeadm, bytes}: PreparedChange,
  tools: Tools,
  progress: Progress,
  signal: AbortSignal,
): Promise<EncryptionRun> {
  const {transaction, servers, originals, stages} = draft;
  const before = [
    {
      title: 'preflight',
      run: async (detail: (text: string) => void) => {
        await refuseOpen(plane.nodes, signal); // somebody may have begun one while this one was planned
        await refuseOutdated(draft, signal);
        await preflight(plane, draft, {snapshot, editsKubeadm, bytes}, signal);
        const copies = await removeCopies(plane.nodes, signal);
        const archived = archiveWords(await spreadArchive(plane.nodes, signal));
        detail(['API, etcd, disk, rights, admission', copies, archived].filter((text) => text !== undefined).join('; '));
      },
    },
    ...(snapshot === undefined
      ? []
      : [{title: 'etcd snapshot', run: (detail: (text: string) => void) => tools.snapshot(snapshot, detail, signal)}]),
  ];
  const everyObject = async () => undefined;
  return transact(workOf(plane, transaction, servers, originals, stages, everyObject, tools), {
    progress,
    signal,
    direction: 'forward',
    before,
    save: (s) => writeBackups(transaction, servers, originals, stages, s),
    open: (s) => writeRecords(transaction, servers, s),
  });
}

/** What a transaction works on. */
export function workOf(
  plane: ControlPlane,
  transaction: Transaction,
  servers: Work['servers'],
  originals: ReadonlyMap<string, Originals>,
  stages: StageFiles,
  staleOf: StaleOf,
  {rewrite}: Tools,
): Work {
  const {resources} = transaction;
  return {
    plane,
    transaction,
    servers,
    originals,
    stages,
    sockets: socketsOf(parseConfiguration(stages.read.toString('utf8'), 'the configuration')),
    rewrite: (detail, signal) => rewrite(resources, staleOf, detail, signal),
    proofs: [],
    verify: (detail, signal) => verifyWritten(plane, transaction, stages, detail, signal),
  };
}

/** Every value of the transaction's resources must be under its key, and open with the configuration that writes now. */
export async function verifyWritten(
  plane: ControlPlane,
  transaction: Transaction,
  stages: StageFiles,
  detail: (text: string) => void,
  signal: AbortSignal,
): Promise<Proof> {
  const {resources, nodes} = transaction;
  const configuration = parseConfiguration(stages.write.toString('utf8'), 'the configuration');
  const readers = readersOf(Object.keys(nodes).map((name) => ({name, configHash: '', configuration})));
  const onProgress = (scanned: number) => detail(counted(scanned, 'value'));
  const report = await audit(plane.etcd, keysOf(resources, plane), {readers, onProgress}, signal);
  const others = report.resources.flatMap(({resource, byKey}) =>
    Object.entries(byKey)
      .filter(([prefix, count]) => prefix !== writePrefixOf(configuration, resource) && count > 0)
      .map(([prefix, count]) => `${countedObjects(count, resource)} under ${prefix}`),
  );
  const scanned = report.resources.reduce((sum, {total}) => sum + total, 0);
  if (others.length === 0 && report.undecryptable.length === 0) {
    await refuseLeftovers(plane, transaction, stages, report.revision, signal);
    return {scanned, revision: report.revision};
  }
  const unreadable = report.undecryptable.map(({key, why}) => `${key}: ${why}`);
  throw new Problem('not everything in etcd is as it should be', {
    why: enumerate([...others, ...unreadable]),
    next: 'kops encrypt-at-rest verify names them; then kops encrypt-at-rest resume, or abort',
    exitCode: ExitCode.negative,
  });
}

/** How many keys an error names. */
const NAMED = 5;

/** Files that an earlier encryption left where the new one goes, and that no API server has a flag for: `FILE on NODE`. */
const unusedFiles = ({base}: Observed, {originals, transaction: {configurationFile}}: Draft): string[] =>
  base
    ? []
    : [...originals].flatMap(([name, {configuration}]) =>
        configuration === undefined ? [] : [`${configurationFile} on ${name}`],
      );

/** Nobody could store such a value anew: the change would stop half-way. */
function refuseUndecryptable(values: readonly UndecryptableValue[], [unused]: readonly string[]): void {
  if (values.length === 0) return;
  const hint = unused
    ? `${unused} may have their key, and no API server uses it: kops encrypt-at-rest setup --config FILE, with a copy of it`
    : 'kops encrypt-at-rest verify names all; put their key back, or delete them in etcd';
  throw new Problem(`${counted(values.length, 'value')} in etcd cannot be opened with the keys that are there`, {
    why: values
      .slice(0, NAMED)
      .map(({key, why}) => `${key}: ${why}`)
      .join('\n'),
    next: `${hint}; nothing was changed`,
    exitCode: ExitCode.negative,
  });
}

/** Rejects where a file is no longer what the plan was made on. */
async function refuseOutdated({transaction, servers}: Draft, signal: AbortSignal): Promise<void> {
  for (const {name, node, manifestPath} of servers) {
    const record = transaction.nodes[name];
    for (const [path, digest] of [
      [manifestPath, record?.manifest.original],
      [transaction.configurationFile, record?.configuration],
    ] as const) {
      const now = (await readFile(node, path, signal))?.sha256 ?? ABSENT;
      if (now === digest) continue;
      throw new Problem(`${path} on ${name} has changed since this was planned`, {
        why: 'somebody, or another kops, wrote it in between; nothing was changed now',
        next: 'look at it, and give the command again',
        exitCode: ExitCode.negative,
      });
    }
  }
}
