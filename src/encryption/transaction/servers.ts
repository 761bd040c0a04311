import {randomBytes} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Api} from '../../kube/api.ts';
import {type NodeFile, readFile} from '../../nodes/files.ts';
import {confirm, guardedSwap, guardState, revert, type Swap} from '../../nodes/guard/guard.ts';
import type {Node} from '../../nodes/node.ts';
import {Unreachable} from '../../nodes/problems.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {enumerate} from '../../text/enumerate.ts';
import {hashOf} from '../configuration/configuration.ts';
import {type ControlPlaneNode, probe, type RunningServer, silent} from '../control-plane.ts';
import {ABSENT, backupFolder, type Digest, stageFile, type Transaction} from './record.ts';

/** One API server: its node's files, and the server itself, asked without a load balancer in between. */
export interface Server extends ControlPlaneNode {
  readonly api: Api;
}

/** What a node's files are to be. What is left out stays as it is. */
export interface Target {
  readonly manifest?: Buffer;
  /** What becomes of a manifest that somebody edited, in place of `manifest`; `known` as in `BringOptions`. Undefined where nobody can say. */
  readonly carry?: (edited: Buffer, known: readonly Digest[]) => Buffer | undefined;
  readonly configuration: Buffer | typeof ABSENT;
  /** Whether the server then runs with that configuration; a file may lie there that no flag names. Default: where there is one. */
  readonly encrypts?: boolean;
}

export interface BringOptions {
  readonly transaction: Transaction;
  /** Tells the guard of one step from that of another. */
  readonly step: string;
  /** Contents that this transaction, or what was there before it, put on that node, by path; any other is somebody's work. */
  readonly known: (path: string) => readonly Digest[];
  readonly detail: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Milliseconds between two looks at a server that is to come back, or just has. */
const POLL = 400;
/** At most, between two looks at one that waits for its next look at its configuration: its metrics may be 10 MB, and cost it a good deal. */
const SLOWEST_POLL = 2_000;
const PROBE_TIMEOUT = 5_000;
/** Seconds that a server may take to notice a new file: it looks once a minute. */
const RELOAD = 75;
/** Milliseconds before the node's own deadline at which kops gives up, so that it, and not the node, has the last word. */
const MARGIN = 4_000;
/** Milliseconds between two attempts to reach a node again. */
const PAUSE = 1_000;
/** Of a clean-up after a failure or Ctrl-C. */
const CLEANUP_TIMEOUT = 60_000;

/**
 * Gives a node these files, under its guard, and waits until its API server runs with them, reads Secrets from etcd, and is ready. Where it
 * does not, the node has its files of before again when this rejects. Does nothing, and waits all the same, where the files are as they should be.
 * Resolves with the seconds in which the server did not answer.
 */
export async function bring(server: Server, target: Target, options: BringOptions): Promise<number> {
  const {transaction, step, signal} = options;
  const {node} = server;
  await settleGuard(node, signal);
  const swaps = await plannedSwaps(server, target, options);
  const restarts = swaps.some(({path}) => path === server.manifestPath);
  const confirmWithin = restarts ? transaction.confirmWithin : reloadWithin(transaction);
  const wanted: Wanted = {
    hash: target.configuration === ABSENT || target.encrypts === false ? undefined : hashOf(target.configuration),
    ...(restarts && (await toBeReplaced(server, signal))),
  };
  const start = Date.now();
  if (swaps.length === 0) return agreed(server, wanted, options, start, deadlineOf(confirmWithin));
  const id = `${transaction.id}-${step}-${randomBytes(3).toString('hex')}`; // a guard's name is never used again
  await guardedSwap(node, {id, swaps, confirmWithin, ...(restarts && {stopContainer: 'kube-apiserver'})}, signal);
  const deadline = deadlineOf(confirmWithin);
  try {
    const down = await agreed(server, wanted, options, start, deadline);
    await confirmBefore(deadline, node, id, options);
    return down;
  } catch (error) {
    // The node would do it by itself, later: nobody should have to wait for that.
    await revert(node, id, AbortSignal.timeout(CLEANUP_TIMEOUT)).catch(() => {});
    throw error;
  }
}

/** Seconds after which a node puts back a file that its server was to read while it runs. */
export const reloadWithin = ({confirmWithin}: Pick<Transaction, 'confirmWithin'>): number => confirmWithin + RELOAD;

const deadlineOf = (confirmWithin: number): number => Date.now() + confirmWithin * 1000 - MARGIN;

/** A connection that is lost just then says nothing of the server, which runs as wanted: it is made again while the node still waits. */
async function confirmBefore(deadline: number, node: Node, id: string, {detail, signal}: BringOptions): Promise<void> {
  for (;;) {
    try {
      return await confirm(node, id, signal);
    } catch (error) {
      if (!(error instanceof Unreachable) || Date.now() + PAUSE > deadline) throw error;
      detail(`tries to reach ${node.name} again, to confirm`);
      await sleep(PAUSE, undefined, {signal});
    }
  }
}

/** What an interrupted run left waiting for its confirmation is put back, and then no longer in the way. */
export async function settleGuard(node: Node, signal: AbortSignal): Promise<void> {
  const guard = await guardState(node, signal);
  if (guard?.state === 'armed' || guard?.state === 'swapped') await revert(node, guard.id, signal);
}

/**
 * What is to change, each with what must be there now. Rejects where a file is none of those that this transaction knows, and no manifest that
 * somebody edited elsewhere than where the change is at work.
 */
export async function plannedSwaps(server: Server, target: Target, options: BringOptions): Promise<Swap[]> {
  const {transaction, known, signal} = options;
  const wanted: [string, Buffer | typeof ABSENT, string][] = [[transaction.configurationFile, target.configuration, '600']];
  if (target.manifest) wanted.push([server.manifestPath, target.manifest, '600']);
  // A manifest that no longer names the file goes first, so that it never names one that is not there.
  if (target.configuration === ABSENT) wanted.reverse();
  const swaps: Swap[] = [];
  for (const [path, planned, mode] of wanted) {
    const present = await readFile(server.node, path, signal);
    if (isSame(present, planned)) continue;
    const expect = present?.sha256 ?? ABSENT;
    const isKnown = known(path).includes(expect);
    const carried = present && path === server.manifestPath ? target.carry?.(present.content, known(path)) : undefined;
    const content = isKnown ? planned : carried;
    if (content === undefined) throw editedByHand(server, path, options);
    if (!isSame(present, content)) swaps.push({path, expect, content, mode: present?.mode ?? mode});
  }
  return swaps;
}

const isSame = (present: NodeFile | undefined, wanted: Buffer | typeof ABSENT): boolean =>
  wanted === ABSENT ? present === undefined : (present?.content.equals(wanted) ?? false);

function editedByHand({name, manifestPath}: Server, path: string, {transaction, step}: BringOptions): Problem {
  const {id, configurationFile} = transaction;
  const isManifest = path === manifestPath;
  // Of those that read all keys the one that writes as the servers may by then.
  const stage = ['final', 'remove', 'retreat'].includes(step) ? 'write' : 'read';
  const remedy = isManifest
    ? `give it the encryption flags and mounts of ${backupFolder(id)}/kube-apiserver.yaml there, which is the file of before, or put that one back`
    : `put ${stageFile(id, stage)} of that node there, once what is new in it is kept elsewhere`;
  return new Problem(`${path} on ${name} was changed by somebody else`, {
    why: isManifest
      ? `what it says of ${configurationFile} is not what transaction ${id} has there at this step; it was left as it is`
      : `it is not what transaction ${id} has there at this step; it was left as it is`,
    next: `${remedy}; then kops encrypt-at-rest resume, or abort`,
    exitCode: ExitCode.negative,
  });
}

interface Wanted {
  /** Of the configuration; undefined for none. */
  readonly hash: string | undefined;
  /** The start time of the process that must have been replaced. */
  readonly notSince?: number;
  /** Where nobody could tell that: the time before which the process must not have started, in seconds since the epoch. */
  readonly notBefore?: number;
}

/** A server that says nothing now may only be slow, and answer again later, as the process that it was. Its node's clock tells then. */
async function toBeReplaced(server: Server, signal: AbortSignal): Promise<Omit<Wanted, 'hash'>> {
  const {startTime} = await ask(server, signal);
  if (startTime !== undefined) return {notSince: startTime};
  const {stdout} = await server.node.run('date +%s', [], {}, signal);
  return {notBefore: Number(stdout.toString('utf8').trim()) - 1}; // a server knows when its machine started to a second
}

/**
 * `since`, in milliseconds: a server that does not answer at the first look has been away since its node began. Rejects after `deadline`, in
 * milliseconds since the epoch.
 */
async function agreed(
  server: Server,
  wanted: Wanted,
  {detail, signal}: BringOptions,
  since: number,
  deadline: number,
): Promise<number> {
  const start = Date.now();
  let downSince: number | undefined;
  let down = 0;
  for (let looks = 0; ; looks++) {
    const running = await ask(server, signal);
    const now = Date.now();
    if (running.answers) {
      if (downSince !== undefined) down += now - downSince;
      downSince = undefined;
    } else downSince ??= looks === 0 ? since : now;
    const missing = disagreement(running, wanted);
    if (missing === undefined) return down / 1000;
    if (now > deadline) throw notConverged(server, missing, (now - start) / 1000);
    detail(waiting(server.name, missing, now - start));
    await sleep(pauseAfter(missing, now - start), undefined, {signal});
  }
}

/**
 * Milliseconds until the next look at a server, of which `missing` is not yet so after `waited`. A lab's server reads its file within a second,
 * a real one within a minute: the longer that takes, the more seldom it is asked.
 */
export const pauseAfter = (missing: string, waited: number): number =>
  missing === UNREAD ? Math.min(Math.max(waited / 8, POLL), SLOWEST_POLL) : POLL;

/** The seconds first, because a narrow terminal cuts the end off. */
export function waiting(name: string, missing: string, milliseconds: number): string {
  const passed = `${Math.floor(milliseconds / 1000)} s`;
  if (missing !== UNREAD) return `${passed}: ${name} ${missing}`;
  return `${passed}: waits for ${name} to read its new configuration (an API server looks once a minute)`;
}

const UNREAD = 'has not read its new configuration yet';

/** What is not yet so; undefined where the server runs as wanted. */
export function disagreement(running: RunningServer, {hash, notSince, notBefore}: Wanted): string | undefined {
  if (!running.answers) return `does not answer (${running.why ?? 'no reason known'})`;
  const {startTime} = running;
  if (startTime !== undefined && (startTime === notSince || startTime < (notBefore ?? 0))) return 'the old process still answers';
  if (!running.listsSecrets) return running.why ?? 'cannot list secrets';
  // Without its metrics nobody knows which process answers, nor that it has no configuration.
  if (startTime === undefined) return running.why ?? 'does not tell its metrics';
  if (running.configHash === hash)
    return running.notReady.length > 0 ? `is not ready: ${enumerate(running.notReady)}` : undefined;
  return hash === undefined ? 'still runs with an encryption configuration' : UNREAD;
}

/** As `probe`; a server that takes too long does not answer. */
export async function ask({api}: Server, signal: AbortSignal): Promise<RunningServer> {
  try {
    return await probe(api, AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT)]));
  } catch (error) {
    signal.throwIfAborted();
    if ((error as Error).name !== 'TimeoutError') throw error;
    return silent(`no answer in ${PROBE_TIMEOUT / 1000} s`);
  }
}

function notConverged({name}: Server, missing: string, seconds: number): Problem {
  return new Problem(`the API server on ${name} did not take its new configuration`, {
    why: `after ${Math.round(seconds)} s: ${missing}`,
    next: `its log says more: /var/log/pods on ${name}; where it was only slow: abort what is open, and begin anew with a longer --confirm-within`,
    exitCode: ExitCode.negative,
  });
}
