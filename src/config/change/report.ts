import type {Cluster} from '../../kube/cluster.ts';
import {Problem} from '../../problem.ts';
import type {Warning} from '../../rollout/warning.ts';
import type {WorkloadRef} from '../../rollout/workload.ts';
import {quoted} from '../../text/kubectl.ts';
import {printable} from '../../text/printable.ts';
import type {ConfigObject} from '../create/object.ts';
import {asText} from '../read/base64.ts';
import {collectUses} from '../usage/collect.ts';
import type {Owner, User} from '../usage/user.ts';
import {affectedBy, needsRestart} from './affected.ts';
import {resourceOf} from './save.ts';
import {type KeyChange, keyChanges, type Values, valuesOf} from './values.ts';

export type DryRun = 'none' | 'client' | 'server';

/** What was changed, and who will see it. No value is in it. */
export interface ConfigChange {
  readonly kind: 'ConfigChange';
  /** `created`: a new one, because the old one is immutable. `exists`: such a new one is there already. */
  readonly outcome: 'changed' | 'unchanged' | 'created' | 'exists';
  readonly context: string;
  readonly object: Owner;
  /** The immutable one in whose place a new one was made. */
  readonly insteadOf: string | null;
  readonly keys: readonly KeyChange[];
  /** Keys that others changed meanwhile, and that stay as they made them. */
  readonly theirs: readonly string[];
  /** Who takes a key that changed; of a new one: who uses the old one. */
  readonly users: readonly User[];
  /** Those of them whose pods keep the old values until they are replaced. */
  readonly restart: readonly WorkloadRef[];
  readonly warnings: readonly Warning[];
  /** What could not be read: there may be users that are not among these. */
  readonly notes: readonly string[];
  readonly dryRun: DryRun;
  readonly undoCommand: string | null;
}

type Known = Pick<ConfigChange, 'outcome' | 'keys' | 'dryRun'> & Partial<ConfigChange>;

/** With who will see it, as far as that can be read: the change is made, so nothing that fails here is a failure of it. */
export async function reported(cluster: Cluster, object: ConfigObject, known: Known, signal: AbortSignal): Promise<ConfigChange> {
  const {context, namespace} = cluster;
  const {kind, metadata} = object;
  const used = known.insteadOf ?? metadata.name;
  const {users, notes} =
    known.keys.length === 0
      ? {users: [], notes: []}
      : await findUsers(cluster, {kind, name: used}, known.insteadOf ? undefined : known.keys, signal);
  return {
    kind: 'ConfigChange',
    context,
    object: {kind, namespace, name: metadata.name},
    insteadOf: null,
    theirs: [],
    users,
    restart: known.insteadOf ? [] : needsRestart(users),
    warnings: [],
    notes,
    undoCommand: null,
    ...known,
  };
}

/** Of an object in whose place another one of its name was put. */
export const replaced = (
  cluster: Cluster,
  before: ConfigObject,
  after: ConfigObject,
  {dryRun, signal}: {readonly dryRun: DryRun; readonly signal: AbortSignal},
): Promise<ConfigChange> => {
  const keys = keyChanges(valuesOf(before), valuesOf(after));
  return reported(cluster, after, {outcome: keys.length > 0 ? 'changed' : 'unchanged', keys, dryRun}, signal);
};

/** `keys`: those that changed; undefined for all of them. */
async function findUsers(
  cluster: Cluster,
  {kind, name}: {readonly kind: ConfigObject['kind']; readonly name: string},
  keys: readonly KeyChange[] | undefined,
  signal: AbortSignal,
): Promise<{users: User[]; notes: readonly string[]}> {
  try {
    const scope = {resource: resourceOf({kind}), name, namespace: cluster.namespace} as const;
    const {uses, notes} = await collectUses(cluster, scope, signal);
    const changed = keys?.map(({key}) => key) ?? uses.flatMap(({user}) => user.key ?? []);
    return {users: affectedBy(uses, changed), notes};
  } catch (error) {
    if (!(error instanceof Problem) && !signal.aborted) throw error;
    return {users: [], notes: [`${signal.aborted ? 'interrupted' : (error as Problem).message}: who uses it is not known`]};
  }
}

/** A value that is short enough to stand in a command. */
const LONGEST = 200;

/** The command that brings back what was, without a Secret's values; null where none does. */
export function undoOf(
  {kind, name, namespace}: {readonly kind: ConfigObject['kind']; readonly name: string; readonly namespace: string},
  before: Values,
  keys: readonly KeyChange[],
): string | null {
  const command = (verb: string, ...words: string[]) =>
    [`kops ${kind.toLowerCase()} ${verb} ${name}`, ...words.map(quoted), '-n', namespace].join(' ');
  if (keys.length > 0 && keys.every(({change}) => change === 'added')) return command('unset', ...keys.map(({key}) => key));
  const [only, ...more] = keys;
  const old = only && before.get(only.key);
  const text = old && asText(old);
  if (kind === 'Secret' || only === undefined || more.length > 0 || text === undefined) return null;
  if (text.length > LONGEST || printable(text) !== text || text.startsWith('-')) return null;
  return command('set', only.key, text);
}
