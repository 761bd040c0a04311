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
  /** Tells two holders with the same pid apart. */
  readonly token: string;
}

/** mkdir has one winner. Exit code 9: somebody holds it; standard output is who, and for how many seconds there was no sign of them. */
const TAKE = `set -eu
umask 077
lock=$1$2 stale=$3 dead=$4
mkdir -p "\${lock%/*}"
if ! mkdir "$lock" 2>/dev/null; then
  seen=$(stat -c %Y "$lock/holder" 2>/dev/null || stat -c %Y "$lock" 2>/dev/null || echo 0)
  age=$(( $(date +%s) - seen ))
  held=$(cat "$lock/holder" 2>/dev/null || true)
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
  const me: Holder = {host: hostname(), user: userInfo().username, pid: process.pid, boot: bootId(), pids: pidNamespace(), token};
  const held = await take('');
  if (held !== undefined) {
    const dead = held.holder && isDead(held.holder) ? held.text : undefined;
    const still = dead === undefined ? held : await take(dead);
    if (still !== undefined) throw atWork(lead, still);
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

/** Known only of processes of this machine that this one sees. */
function isDead({host, pid, boot, pids}: Holder): boolean {
  return host === hostname() && boot === bootId() && pids === pidNamespace() && !isAlive(pid);
}

function atWork(lead: Node, {holder, seconds}: Held): Problem {
  const who = holder ? `${holder.user}@${holder.host}, process ${holder.pid}` : 'somebody';
  return new Problem('another kops is changing the encryption of this cluster', {
    why: `${who}; ${lead.name} last heard of it ${seconds} s ago`,
    next: `wait for it; if it is dead, its lock counts for nothing after ${STALE} s`,
    exitCode: ExitCode.negative,
  });
}
