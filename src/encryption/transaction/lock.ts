import {randomBytes} from 'node:crypto';
import {readFileSync, readlinkSync} from 'node:fs';
import {hostname, userInfo} from 'node:os';
import {parseObject} from '../../kube/json.ts';
import {isAlive} from '../../nodes/alive.ts';
import type {Node} from '../../nodes/node.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {LOCK_FOLDER} from './record.ts';

/** Seconds without a sign of life after which a holder counts as dead; it gives one every `HEARTBEAT`. By the node's own clock. */
const STALE = 60;
const HEARTBEAT = 10;

interface Holder {
  readonly host: string;
  readonly user: string;
  readonly pid: number;
  /** Of the machine, new each time it starts; hosts may share a name. Empty where nobody can tell. */
  readonly boot: string;
  /** Which processes its pid is one of: a container with the host's name has its own. Empty where nobody can tell. */
  readonly pids: string;
  /** RFC 3339, by its own clock. */
  readonly since: string;
  /** Tells two holders with the same pid apart. */
  readonly token: string;
}

/** The kops that is at work on a control plane now. */
export interface LockHolder {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  /** RFC 3339, by the clock of `host`. */
  readonly since: string;
  /** Seconds since its last sign of life. */
  readonly silent: number;
}

/** Sets `age`, the seconds since the last sign of life, and `held`, what its file says. */
const SIGN_OF_LIFE = `look() {
  seen=$(stat -c %Y "$lock/holder" 2>/dev/null || stat -c %Y "$lock" 2>/dev/null || echo 0)
  age=$(( $(date +%s) - seen ))
  held=$(cat "$lock/holder" 2>/dev/null || true)
}`;

/** mkdir has one winner. Exit code 9: somebody holds it; standard output is who, and for how many seconds there was no sign of them. */
const TAKE = `set -eu
umask 077
lock=$1$2 stale=$3 dead=$4
${SIGN_OF_LIFE}
mkdir -p "\${lock%/*}"
if ! mkdir "$lock" 2>/dev/null; then
  look
  if [ "$age" -lt "$stale" ] && { [ -z "$dead" ] || [ "$held" != "$dead" ]; }; then
    printf '%s\\n%s' "$age" "$held"
    exit 9
  fi
  if mv "$lock" "$lock.$$" 2>/dev/null; then
    # Somebody else may have been quicker to take it from the dead one.
    if [ "$(cat "$lock.$$/holder" 2>/dev/null || true)" != "$held" ]; then
      [ -e "$lock" ] || mv "$lock.$$" "$lock"
      printf '0\\n'
      exit 9
    fi
    rm -rf "$lock.$$"
  fi
  mkdir "$lock" 2>/dev/null || { printf '0\\n'; exit 9; }
fi
cat > "$lock/holder"`;

const LOOK = `lock=$1$2
${SIGN_OF_LIFE}
if [ -d "$lock" ]; then look && printf '%s\\n%s' "$age" "$held"; fi`;

const KEEP = `[ "$(cat "$1$2/holder")" = "$3" ] && touch "$1$2/holder"`;
const RELEASE = `[ "$(cat "$1$2/holder")" = "$3" ] && rm -rf "$1$2"`;

export interface Lock {
  /** What its file says as long as nobody took it over. */
  readonly holder: string;
  release(): Promise<void>;
}

/** One kops at a time may change a control plane. Rejects with exit code 3 where another one is at work. */
export async function takeLock(lead: Node, signal: AbortSignal): Promise<Lock> {
  const token = randomBytes(8).toString('hex');
  const since = new Date().toISOString();
  const me: Holder = {...thisProcess(), user: userInfo().username, since, token};
  const held = await take('');
  if (held !== undefined) {
    const dead = held.holder && isDead(held.holder) ? held.text : undefined;
    const still = dead === undefined ? held : await take(dead);
    if (still !== undefined) throw atWork(lead.name, still.holder && asHolder(still.holder, still.seconds));
  }
  const text = JSON.stringify(me);
  const {signal: always} = new AbortController();
  const beat = setInterval(() => {
    lead.run(KEEP, [lead.root, LOCK_FOLDER, text], {}, always).catch(() => {}); // the next one may get through
  }, HEARTBEAT * 1000);
  beat.unref();
  return {
    holder: text,
    async release() {
      clearInterval(beat);
      await lead.run(RELEASE, [lead.root, LOCK_FOLDER, text], {}, AbortSignal.timeout(10_000)).catch(() => {}); // it grows stale
    },
  };

  async function take(dead: string): Promise<Held | undefined> {
    const input = Buffer.from(JSON.stringify(me));
    const {code, stdout, stderr} = await lead.run(TAKE, [lead.root, LOCK_FOLDER, String(STALE), dead], {input}, signal);
    if (code === 0) return undefined;
    if (code === 9) return parseHeld(stdout.toString('utf8'));
    throw new Problem(`${lead.name} cannot be locked`, {why: stderr.trim(), exitCode: ExitCode.noAccess});
  }
}

/** Who is at work on that control plane; undefined where nobody is, as far as that can be told, and where it is this process. */
export async function readLock(lead: Node, signal: AbortSignal): Promise<LockHolder | undefined> {
  const {stdout} = await lead.run(LOOK, [lead.root, LOCK_FOLDER], {}, signal);
  const {holder, seconds} = parseHeld(stdout.toString('utf8'));
  if (holder === undefined || seconds >= STALE || isDead(holder) || isThisProcess(holder)) return undefined;
  return asHolder(holder, seconds);
}

const asHolder = ({user, host, pid, since}: Holder, silent: number): LockHolder => ({user, host, pid, since, silent});

interface Held {
  readonly seconds: number;
  readonly text: string;
  readonly holder: Holder | undefined;
}

function parseHeld(output: string): Held {
  const [age = '', text = ''] = output.split('\n', 2);
  return {seconds: Number(age), text, holder: parseObject(text) as Holder | undefined};
}

const bootId = (): string => orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
const pidNamespace = (): string => orEmpty(() => readlinkSync('/proc/self/ns/pid'));

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

const thisProcess = (): Pick<Holder, 'host' | 'pid' | 'boot' | 'pids'> => ({
  host: hostname(),
  pid: process.pid,
  boot: bootId(),
  pids: pidNamespace(),
});

/** Whether this process could see that one. */
function isNeighbour({host, boot, pids}: Holder): boolean {
  const own = thisProcess();
  return host === own.host && boot === own.boot && pids === own.pids;
}

const isThisProcess = (holder: Holder): boolean => isNeighbour(holder) && holder.pid === process.pid;

/** Known only of processes of this machine that this one sees. */
const isDead = (holder: Holder): boolean => isNeighbour(holder) && !isAlive(holder.pid);

/** `lead`: the node with its lock. */
export function atWork(lead: string, holder: LockHolder | undefined): Problem {
  return new Problem('another kops is changing the encryption of this cluster', {
    why: holder ? holderWords(holder) : `it has locked ${lead} just now`,
    next: WAIT,
    exitCode: ExitCode.negative,
  });
}

/** What to do where another one is at work. */
export const WAIT = `wait for it: kops encrypt-at-rest status tells how far it is; if it is dead, its lock counts for nothing after ${STALE} s`;

export const holderWords = ({user, host, pid, since, silent}: LockHolder): string =>
  `${user}@${host}, process ${pid}, since ${since}; last heard of ${silent} s ago`;
