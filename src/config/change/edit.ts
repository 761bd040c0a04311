import type {Cluster} from '../../kube/cluster.ts';
import {ApiProblem} from '../../kube/errors.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {letEnd} from '../../rollout/change.ts';
import type {ConfigObject} from '../create/object.ts';
import {type Flaw, isBlank, parseText, toKeptText, toText, type Wish, withFlaws, withoutFlaws} from './document.ts';
import {newObject} from './immutable.ts';
import {parseKept, toKeptWhole} from './kept.ts';
import {type ConfigChange, type DryRun, reported} from './report.ts';
import {nameOf, readConfig, rebase, resourceOf, type Target} from './save.ts';
import {applyPlan, type ChangePlan, planValues} from './set.ts';
import {keyChanges, splitValues, type Values, valuesOf} from './values.ts';

/** Where a text is edited, and kept where it could not be saved. */
export interface Desk {
  /** Opens an editor, and tells what it saved; also where the editor failed, which `failure` then says. */
  edit(text: string): Promise<{readonly text: string; readonly failure?: Problem | undefined}>;
  /** Keeps a text in a file that only this user reads, and tells its path. */
  keep(text: string): Promise<string>;
}

/** What a save would do; `renamed`: the new object's name, where the old one is immutable. */
export interface Proposal extends ChangePlan {
  readonly renamed: string | null;
  readonly theirs: readonly string[];
}

export interface EditContext {
  readonly dryRun: DryRun;
  /** Shows it and asks. Not called for a dry run on the client. */
  readonly decide: (proposal: Proposal) => Promise<'save' | 'again' | 'leave'>;
  /** Writes what is there to a file, where that is wanted, and tells the command that brings it back. */
  readonly backup?: (object: ConfigObject) => Promise<string | null>;
  readonly signal: AbortSignal;
}

/**
 * Edits the texts of an object. What is wrong with what was saved opens the editor again; what cannot be written is kept in a file, whose
 * path the Problem tells. What others change of other keys meanwhile stays as they made it.
 */
export async function editConfig(cluster: Cluster, target: Target, desk: Desk, context: EditContext): Promise<ConfigChange> {
  const base = await readConfig(cluster, target, {verb: 'edit'}, context.signal);
  const before = valuesOf(base);
  const original = toText(before, titleOf(base, cluster));
  const unchanged = () => reported(cluster, base, {outcome: 'unchanged', keys: [], dryRun: context.dryRun}, context.signal);
  let text = original;
  for (let hasFlaws = false; ; ) {
    const {text: saved, failure} = await desk.edit(text);
    const isEdited = withoutFlaws(saved) !== original;
    if (failure !== undefined) throw isEdited ? await kept(failure, changesIn(saved)) : failure;
    if (!isEdited || isBlank(saved)) return unchanged();
    if (hasFlaws && saved === text) throw await kept(gaveUp(target), changesIn(saved));

    const read = readEdit(base, withoutFlaws(saved));
    hasFlaws = 'flaws' in read;
    if ('flaws' in read) {
      text = withFlaws(saved, read.flaws);
      continue;
    }
    if (keyChanges(before, read.after).length === 0) return unchanged();
    try {
      const change = await propose(cluster, base, read.after, context);
      if (change !== 'again') return change;
      text = saved;
    } catch (error) {
      throw error instanceof Refused
        ? error
        : await kept(error, toKeptText(wishOf(before, read.after), keptTitle(base, cluster)));
    }
  }

  /** Only what was changed, so that to apply it later takes nothing back; all of it where that cannot be told. */
  function changesIn(saved: string): string {
    const read = readEdit(base, withoutFlaws(saved));
    return 'flaws' in read
      ? toKeptWhole(withoutFlaws(saved), before)
      : toKeptText(wishOf(before, read.after), keptTitle(base, cluster));
  }

  async function kept(error: unknown, last: string): Promise<unknown> {
    if (!(error instanceof Error)) return error;
    const path = await desk.keep(last);
    const {message, why, exitCode} = asProblem(error, context.signal);
    return new Problem(message, {
      why: [...(why ? [why] : []), `your edit is kept in ${path}, which only you can read`].join('\n'),
      next: `kops ${target.kind.toLowerCase()} edit ${target.name} -n ${cluster.namespace} --from ${path}`,
      exitCode,
      cause: error,
    });
  }
}

/** Applies an edit that was kept: its keys and no others. Throws a Problem where it cannot be read; `file`: what to call it. */
export async function applyKept(
  cluster: Cluster,
  target: Target,
  {text, file}: {readonly text: string; readonly file: string},
  context: EditContext,
): Promise<ConfigChange> {
  const base = await readConfig(cluster, target, {verb: 'edit', words: ` --from ${file}`}, context.signal);
  const parsed = parseKept(text);
  if ('flaws' in parsed) {
    const lines = parsed.flaws.flatMap(({line}) => line ?? []);
    throw new Problem(`${file} cannot be read`, {
      why: `line ${lines[0] ?? 1} is not as an edit is: KEY: VALUE, and the values are text`,
      next: 'mend it with an editor, and run the command again',
      exitCode: ExitCode.usage,
    });
  }
  const change = await propose(cluster, base, withWish(valuesOf(base), parsed.wish), context);
  return change === 'again' ? Promise.reject(new Refused()) : change;
}

/** The answer was no. */
class Refused extends Problem {
  constructor() {
    super('nothing changed', {why: 'the answer was no', exitCode: ExitCode.usage});
  }
}

async function propose(
  cluster: Cluster,
  base: ConfigObject,
  after: Values,
  {dryRun, decide, backup, signal}: EditContext,
): Promise<ConfigChange | 'again'> {
  if (base.immutable) {
    const plan = {...planValues({...base, immutable: false}, after), object: base};
    const renewed = newObject(base, after);
    const proposal = {...plan, warnings: [], renamed: renewed.metadata.name, theirs: []};
    const decision = dryRun === 'none' ? await decide(proposal) : 'save';
    if (decision === 'leave') throw new Refused();
    return decision === 'again' ? decision : createNew(cluster, renewed, plan, {dryRun, signal});
  }
  const {object, values, theirs} = await rebase(cluster, base, after, signal);
  const plan = planValues(object, values);
  const decision = dryRun === 'none' && plan.keys.length > 0 ? await decide({...plan, renamed: null, theirs}) : 'save';
  if (decision === 'leave') throw new Refused();
  if (decision === 'again') return decision;
  const undoCommand = (dryRun === 'none' && plan.keys.length > 0 && (await backup?.(object))) || null;
  const change = await applyPlan(cluster, plan, {dryRun, undoCommand, signal});
  return {...change, theirs: [...new Set([...theirs, ...change.theirs])]};
}

async function createNew(
  cluster: Cluster,
  renewed: ConfigObject,
  {object, keys}: ChangePlan,
  {dryRun, signal}: Pick<EditContext, 'dryRun' | 'signal'>,
): Promise<ConfigChange> {
  const {namespace} = cluster;
  const known = {keys, dryRun, insteadOf: object.metadata.name};
  try {
    if (dryRun !== 'client')
      await letEnd(signal, (late) =>
        cluster.create(resourceOf(renewed), namespace, renewed, {dryRun: dryRun === 'server'}, late),
      );
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.reason !== 'AlreadyExists') throw error;
    const there = await readConfig(cluster, targetOf(renewed), {verb: 'edit'}, signal);
    if (keyChanges(valuesOf(there), valuesOf(renewed)).length > 0) throw holdsOthers(targetOf(renewed), namespace);
    return reported(cluster, renewed, {...known, outcome: 'exists'}, signal);
  }
  const undoCommand = dryRun === 'none' ? `kubectl delete ${nameOf(targetOf(renewed))} -n ${namespace}` : null;
  return reported(cluster, renewed, {...known, outcome: 'created', undoCommand}, signal);
}

const holdsOthers = (target: Target, namespace: string): Problem =>
  new Problem(`${nameOf(target)} is there already, with other values`, {
    why: 'its name says that it holds these values, and someone has changed it since; nothing was written',
    next: `see who uses it: kops ${target.kind.toLowerCase()} usage ${target.name} -n ${namespace}`,
    exitCode: ExitCode.negative,
  });

/** The values that a saved text asks for, bytes as they were; or what is wrong with it. */
function readEdit(object: ConfigObject, text: string): {readonly after: Values} | {readonly flaws: readonly Flaw[]} {
  const parsed = parseText(text);
  if ('flaws' in parsed) return parsed;
  const before = valuesOf(object);
  const hidden = splitValues(before).binary;
  const after = withWish(hidden, parsed.wish);
  const taken = [...parsed.wish.keys()].filter((key) => hidden.has(key));
  if (taken.length > 0)
    return {flaws: taken.map((key) => ({message: `${key} is there already and no text: take it away first, with unset`}))};
  try {
    planValues({...object, immutable: false}, after);
    return {after};
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return {flaws: [{message: [error.message, error.why].filter(Boolean).join(': ')}]};
  }
}

function withWish(values: Values, wish: Wish): Values {
  const after = new Map(values);
  for (const [key, value] of wish) {
    if (value === null) after.delete(key);
    else after.set(key, Buffer.from(value));
  }
  return after;
}

const wishOf = (before: Values, after: Values): Wish =>
  new Map(keyChanges(before, after).map(({key}) => [key, after.get(key)?.toString('utf8') ?? null]));

const targetOf = ({kind, metadata}: ConfigObject): Target => ({kind, name: metadata.name});

const titleOf = (object: ConfigObject, {namespace, context}: Cluster): string =>
  [
    [nameOf(targetOf(object)), namespace, context, ...(object.kind === 'Secret' ? [object.type ?? 'Opaque'] : [])].join('  '),
    ...(object.immutable ? ['It is immutable: what you save becomes a new one, under a name of its own.'] : []),
  ].join('\n');

const keptTitle = (object: ConfigObject, {namespace, context}: Cluster): string =>
  [
    `What you changed in ${nameOf(targetOf(object))}  ${namespace}  ${context}`,
    `kops ${object.kind.toLowerCase()} edit ${object.metadata.name} -n ${namespace} --from THIS_FILE`,
  ].join('\n');

const gaveUp = (target: Target): Problem =>
  new Problem(`${nameOf(target)} was not changed`, {
    why: 'what was saved is still not right, and the editor left it so',
    exitCode: ExitCode.usage,
  });

function asProblem(error: Error, signal: AbortSignal): Problem {
  if (error instanceof Problem) return error;
  if (signal.aborted || error.name === 'ExitPromptError')
    return new Problem('interrupted', {exitCode: ExitCode.interrupted, cause: error});
  return new Problem(`an unexpected error: ${error.message}`, {exitCode: ExitCode.bug, cause: error});
}
