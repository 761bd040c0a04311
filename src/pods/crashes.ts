import {earliest, firstOf, isAbout, latest} from './events.ts';
import {containerWords, elapsed, oneLine, type Pod, type PodContainer, type PodEvent, type Terminated} from './pod.ts';
import {answerWords, isProbeFailure} from './probes.ts';
import {isCrashLooping, lastEnding} from './restarts.ts';
import type {Trouble} from './trouble.ts';

/** A crash, or an out-of-memory kill, of a container that runs again is worth a word for this long. */
const RECENT_MS = 10 * 60_000;
const RECENT_OOM_MS = 60 * 60_000;

/** What no second try mends, in the words of runc and crun. A plain exit code 128 may be a passing fault of the runtime. */
const NEVER_STARTS =
  /executable file not found|no such file or directory|permission denied|exec format error|is a directory|not a directory|invalid argument/i;

/** Why a container does not keep running; undefined where it does, and has for a while. */
export function crashTrouble(container: PodContainer, pod: Pod, events: readonly PodEvent[], now: number): Trouble | undefined {
  const {status, name} = container;
  const ending = lastEnding(status);
  const looping = isCrashLooping(container, now, events);
  const unstarted = status.state?.waiting?.reason === 'RunContainerError' || isUnstarted(ending);
  const about = events.filter((event) => isAbout(event, name));
  if (!looping && !unstarted && !isWorthAWord(container, ending, now)) return undefined;

  const found = unstarted
    ? cannotRun(container, ending)
    : (killedByProbe(container, ending, about) ?? ended(container, pod, ending, about, looping));
  const backOff = about.filter(({reason}) => reason === 'BackOff' || reason === 'Failed').map(firstOf);
  return {
    ...found,
    container: name,
    doomed: looping || found.doomed,
    said: unstarted ? undefined : ending?.message,
    since: earliest([...backOff, ending?.finishedAt]) ?? pod.status?.startTime,
    tally: {count: status.restartCount ?? 0, unit: 'restarts'},
    ofTemplate: true,
  };
}

/** Whether a container that is not in a crash loop ended, or ended lately, in a way that it should not have. */
function isWorthAWord({status, role}: PodContainer, ending: Terminated | undefined, now: number): boolean {
  if (ending === undefined) return false;
  if (status.state?.terminated !== undefined) return role !== 'init' || ending.exitCode !== 0;
  if (role === 'init' && status.ready) return false;
  const ago = elapsed(ending.finishedAt, now) ?? Number.POSITIVE_INFINITY;
  if (ending.reason === 'OOMKilled') return ago < RECENT_OOM_MS;
  return ago < RECENT_MS && ending.reason !== 'ContainerStatusUnknown';
}

type Finding = Pick<Trouble, 'reason' | 'message' | 'doomed' | 'fix'>;

const isUnstarted = (ending: Terminated | undefined): boolean =>
  ending?.reason === 'StartError' || ending?.reason === 'ContainerCannotRun';

function cannotRun(container: PodContainer, ending: Terminated | undefined): Finding {
  const why =
    container.status.state?.waiting?.reason === 'RunContainerError' ? container.status.state.waiting.message : ending?.message;
  const words = oneLine(runtimeWords(why ?? ''), 160);
  return {
    reason: 'ContainerCannotRun',
    message: `${containerWords(container)} cannot start${words === '' ? '' : `: ${words}`}`,
    doomed: NEVER_STARTS.test(why ?? '') || (ending !== undefined && ending.exitCode !== 128),
    fix: 'fix its command, or the image',
  };
}

/** What the runtime says in the end, without how it got there. */
const runtimeWords = (message: string): string =>
  message.replace(/^.*(?:error during container init|unable to start container process|OCI runtime create failed): /s, '');

/** A container that a liveness or startup probe made kubelet stop ends as if it had been asked to. */
function killedByProbe(
  container: PodContainer,
  ending: Terminated | undefined,
  events: readonly PodEvent[],
): Finding | undefined {
  if (ending === undefined || ending.reason === 'OOMKilled' || ![0, 137, 143].includes(ending.exitCode ?? -1)) return undefined;
  const failure = latest(events.filter((event) => isProbeFailure(event, 'Liveness') || isProbeFailure(event, 'Startup')));
  if (failure === undefined) return undefined;
  const probe = isProbeFailure(failure, 'Liveness') ? 'liveness' : 'startup';
  return {
    reason: probe === 'liveness' ? 'LivenessProbeFailed' : 'StartupProbeFailed',
    message: `${containerWords(container)} is restarted because its ${probe} probe fails: ${answerWords(failure, container, probe)}`,
    doomed: false,
    fix: probe === 'liveness' ? 'fix the probe, or what it asks' : 'fix the probe, or give it more time (failureThreshold)',
  };
}

function ended(
  container: PodContainer,
  pod: Pod,
  ending: Terminated | undefined,
  events: readonly PodEvent[],
  looping: boolean,
): Finding {
  const words = containerWords(container);
  const previous = container.status.state?.terminated === undefined ? ' --previous' : '';
  const log = `${pod.metadata?.name ?? 'POD'} -c ${container.name} -n ${pod.metadata?.namespace ?? 'default'}${previous}`;
  if (ending?.reason === 'OOMKilled') {
    const limit = container.spec.resources?.limits?.memory ?? pod.spec?.resources?.limits?.memory;
    return {
      reason: 'OOMKilled',
      message: `${words} is OOMKilled (${limit === undefined ? 'no limit: the node ran out of memory' : `limit ${limit}`})`,
      doomed: false,
      fix: limit === undefined ? 'give it a memory limit and request' : 'raise resources.limits.memory, or make it use less',
    };
  }
  if (events.some(({reason}) => reason === 'FailedPostStartHook')) {
    return {
      reason: 'PostStartHookFailed',
      message: `${words} is stopped because its postStart hook fails`,
      doomed: false,
      fix: 'fix lifecycle.postStart',
    };
  }
  return {
    reason: looping ? 'CrashLoopBackOff' : 'Crashed',
    message: `${words} ${endingWords(ending)}`,
    doomed: false,
    fix:
      ending?.exitCode === 0 && container.role !== 'init'
        ? 'its process must keep running: check command and args'
        : `read why: kubectl logs ${log}`,
  };
}

const SIGNALS: Record<number, string> = {
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
};

/** `exits with code 1`, `is killed by SIGSEGV (exit code 139)`. */
export function endingWords(ending: Terminated | undefined): string {
  if (ending?.exitCode === undefined) return 'keeps crashing';
  const {exitCode, signal} = ending;
  const number = signal || (exitCode > 128 && exitCode < 160 ? exitCode - 128 : 0);
  if (number > 0) return `is killed by ${SIGNALS[number] ?? `signal ${number}`} (exit code ${exitCode})`;
  return `exits with code ${exitCode}`;
}
