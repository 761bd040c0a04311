import type {Cluster, JsonPatch, WriteOptions} from '../../kube/cluster.ts';
import {ApiProblem} from '../../kube/errors.ts';
import {getNamed} from '../../kube/lookup.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {isUnknown, letEnd, signalToLook} from '../../rollout/change.ts';
import {type KubectlScope, kubectl} from '../../text/kubectl.ts';
import type {ConfigObject} from './object.ts';
import {holds, planReplacement, type Replacement} from './replacement.ts';
import {SERVICE_ACCOUNT_ANNOTATION, SecretType} from './secret-types.ts';

export type IfExists = 'fail' | 'skip' | 'replace';

/** What became of it, and where. Its object holds the values: only a view that leaves them out may show it. */
export interface ConfigCreate {
  readonly kind: 'ConfigCreate';
  readonly outcome: 'created' | 'skipped' | 'replaced' | 'unchanged';
  readonly context: string | null;
  /** null where the context's would count, and was not looked up. */
  readonly namespace: string | null;
  /** As the API server answered; of a client's dry run as it would be sent; of one that is skipped as it is there. */
  readonly object: ConfigObject;
  /** Why one that is skipped could not be read: `object` is then no more than its name. */
  readonly unread: Problem | null;
  readonly replacement: Replacement | null;
  readonly dryRun: 'none' | 'client' | 'server';
  readonly undoCommand: string | null;
}

export interface CreateContext {
  readonly dryRun: 'none' | 'server';
  /** What the user said of the cluster: an undo has to act on the same one. */
  readonly scope: KubectlScope;
  readonly signal: AbortSignal;
}

/** Creates it in the namespace of `cluster`. Rejects with a Problem where one of that name is there, unless that is to be skipped. */
export async function createConfig(
  cluster: Cluster,
  wanted: ConfigObject,
  ifExists: IfExists,
  context: CreateContext,
): Promise<ConfigCreate> {
  await findAccount(cluster, wanted, context.signal);
  try {
    const created = await send(cluster, wanted, context, (late, options) =>
      cluster.create(resourceOf(wanted), cluster.namespace, inNamespace(wanted, cluster), options, late),
    );
    const undo = kubectl(['delete', nameOf(created)], {...context.scope, namespace: cluster.namespace});
    return report(cluster, created, {outcome: 'created', dryRun: context.dryRun, undoCommand: undo});
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.reason !== 'AlreadyExists') throw error;
    if (ifExists === 'skip') {
      const found = await readIfAllowed(cluster, wanted, context.signal);
      if (found === undefined) throw error; // it is gone again
      const [object, unread] = found instanceof ApiProblem ? [nameAlone(wanted, cluster), found] : [found, null];
      return report(cluster, object, {outcome: 'skipped', dryRun: context.dryRun, unread});
    }
    throw alreadyThere(error, ifExists);
  }
}

/** An object of that name as it is in the cluster, and what it takes to put other values in its place. */
export interface Existing {
  readonly object: ConfigObject;
  readonly replacement: Replacement;
}

/** undefined where there is none. Rejects with a Problem where its type or immutability forbids other values. */
export async function findExisting(cluster: Cluster, wanted: ConfigObject, signal: AbortSignal): Promise<Existing | undefined> {
  const object = await read(cluster, wanted, signal);
  return object && {object, replacement: planReplacement(object, wanted)};
}

/** Puts the values in the place of those of `existing`; what is immutable from then on no command brings back. Rejects with a Conflict where someone else wrote it since it was read. */
export async function replaceConfig(
  cluster: Cluster,
  wanted: ConfigObject,
  {object, replacement}: Existing,
  context: CreateContext & {readonly undoCommand: string | null},
): Promise<ConfigCreate> {
  const {dryRun, undoCommand} = context;
  if (replacement.patch.length === 0) return report(cluster, object, {outcome: 'unchanged', dryRun, replacement});
  const {name, resourceVersion} = object.metadata;
  const patch: JsonPatch = [{op: 'test', path: '/metadata/resourceVersion', value: resourceVersion}, ...replacement.patch];
  const replaced = await send(cluster, wanted, context, (late, options) =>
    cluster.patch(resourceOf(wanted), {namespace: cluster.namespace, name}, patch, options, late),
  );
  const isFrozen = wanted.immutable === true && object.immutable !== true;
  return report(cluster, replaced, {outcome: 'replaced', dryRun, replacement, undoCommand: isFrozen ? null : undoCommand});
}

/** What `--dry-run=client` reports: nobody was asked. */
export const notSent = (object: ConfigObject): ConfigCreate => ({
  kind: 'ConfigCreate',
  outcome: 'created',
  context: null,
  namespace: object.metadata.namespace ?? null,
  object,
  unread: null,
  replacement: null,
  dryRun: 'client',
  undoCommand: null,
});

function report(
  cluster: Cluster,
  object: ConfigObject,
  {
    outcome,
    dryRun,
    unread = null,
    replacement = null,
    undoCommand = null,
  }: Pick<ConfigCreate, 'outcome' | 'dryRun'> & Partial<ConfigCreate>,
): ConfigCreate {
  const {context, namespace} = cluster;
  const undo = dryRun === 'none' ? undoCommand : null;
  return {kind: 'ConfigCreate', outcome, context, namespace, object, unread, replacement, dryRun, undoCommand: undo};
}

/** Lets a write end that is interrupted, and where no answer came looks whether it was done. */
async function send(
  cluster: Cluster,
  wanted: ConfigObject,
  {dryRun, scope, signal}: CreateContext,
  write: (late: AbortSignal, options: WriteOptions) => Promise<unknown>,
): Promise<ConfigObject> {
  try {
    return typed(wanted, await letEnd(signal, (late) => write(late, {dryRun: dryRun === 'server'})));
  } catch (error) {
    if (dryRun !== 'none' || !isUnknown(error, signal)) throw error;
    const found = await read(cluster, wanted, signalToLook()).catch(() => undefined);
    if (found && holds(found, wanted)) return found;
    throw new Problem(`nobody knows whether ${nameOf(wanted)} was written`, {
      why: `it was sent, and no answer came: ${signal.aborted ? 'interrupted' : (error as Error).message}`,
      next: kubectl(['get', nameOf(wanted)], {...scope, namespace: cluster.namespace}),
      exitCode: signal.aborted ? ExitCode.interrupted : ExitCode.noAccess,
      cause: error,
    });
  }
}

/** The token controller deletes a token whose ServiceAccount does not exist. Who may not look, is not kept from trying. */
async function findAccount(cluster: Cluster, wanted: ConfigObject, signal: AbortSignal): Promise<void> {
  if (wanted.kind !== 'Secret' || wanted.type !== SecretType.serviceAccountToken) return;
  const name = wanted.metadata.annotations?.[SERVICE_ACCOUNT_ANNOTATION] ?? '';
  const retry = (ref: {name: string; namespace: string}) =>
    `kops secret create service-account-token ${wanted.metadata.name} --service-account ${ref.name} -n ${ref.namespace}`;
  try {
    await getNamed(cluster, 'serviceaccounts', {namespace: cluster.namespace, name}, retry, signal);
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 403) throw error;
  }
}

/** The refusal, for who may create and not get. */
const readIfAllowed = (
  cluster: Cluster,
  wanted: ConfigObject,
  signal: AbortSignal,
): Promise<ConfigObject | ApiProblem | undefined> =>
  read(cluster, wanted, signal).catch((error) => {
    if (error instanceof ApiProblem && error.status === 403) return error;
    throw error;
  });

const nameAlone = ({kind, metadata: {name}}: ConfigObject, {namespace}: Cluster): ConfigObject => ({
  apiVersion: 'v1',
  kind,
  metadata: {name, namespace},
});

async function read(cluster: Cluster, wanted: ConfigObject, signal: AbortSignal): Promise<ConfigObject | undefined> {
  const ref = {namespace: cluster.namespace, name: wanted.metadata.name};
  const found = await cluster.find(resourceOf(wanted), ref, signal);
  return found === undefined ? undefined : typed(wanted, found);
}

const alreadyThere = (cause: ApiProblem, ifExists: IfExists): ApiProblem =>
  new ApiProblem(cause.message, {
    status: cause.status,
    reason: cause.reason,
    why: ifExists === 'replace' ? 'someone made it just now' : cause.why,
    next:
      ifExists === 'replace'
        ? 'run the command again: it compares the two'
        : '--if-exists skip leaves it as it is, --if-exists replace puts these values in its place',
  });

/** `secret/db` */
export const nameOf = ({kind, metadata}: ConfigObject): string => `${kind.toLowerCase()}/${metadata.name}`;

const resourceOf = ({kind}: ConfigObject) => (kind === 'Secret' ? 'secrets' : 'configmaps');

const inNamespace = (object: ConfigObject, {namespace}: Cluster): ConfigObject => ({
  ...object,
  metadata: {...object.metadata, namespace},
});

/** What the API server answers may leave the kind out; it is the one that was asked for. */
const typed = ({kind}: ConfigObject, object: unknown): ConfigObject =>
  ({apiVersion: 'v1', ...(object as ConfigObject), kind}) as ConfigObject;
