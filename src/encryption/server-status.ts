import type {NodeAccess} from '../nodes/node.ts';
import {ExitCode, type Problem} from '../problem.ts';
import {enumerate} from '../text/enumerate.ts';
import {writeKeyOf} from './configuration/coverage.ts';
import type {RunningServer, ServerState} from './control-plane.ts';
import {CONFIG_FLAG} from './manifest/manifest.ts';

/** One control-plane node: what its files say, and what its API server says it does. */
export interface ServerStatus {
  readonly node: string;
  /** How the node was reached; null where it was not. */
  readonly access: NodeAccess | null;
  /** Whether the API server is told to encrypt, and there is a file that says how. Null where the node was not reached. */
  readonly configured: boolean | null;
  /** Value of --encryption-provider-config; null where it is not set. */
  readonly flag: string | null;
  /** On the node. */
  readonly file: string | null;
  readonly automaticReload: boolean | null;
  /** What new Secrets are written with: `secretbox`, `aescbc` …; `identity` is plaintext. Null where nothing is known of it. */
  readonly provider: string | null;
  readonly keyName: string | null;
  /** Of the file on the node. */
  readonly configHash: string | null;
  /** Of what the running server has loaded. */
  readonly runningHash: string | null;
  /** Whether it runs with its file, serves Secrets, and has the same file as the others. Null where it cannot be told. */
  readonly agrees: boolean | null;
  /** What is wrong with it. */
  readonly problem: string | null;
}

/** What was seen of one of them. */
export interface Looked {
  readonly name: string;
  readonly access: NodeAccess | null;
  readonly state: ServerState | undefined;
  readonly running: RunningServer | undefined;
  readonly problem: Problem | undefined;
}

/** What each does, and whether that is what its files and those of the others say. */
export function judgeServers(looked: readonly Looked[]): ServerStatus[] {
  const isOdd = oddOnes(looked.flatMap(({state}) => (state ? [state] : [])));
  return looked.map(({name, access, state, running, problem}) => {
    const writeKey = state?.configuration && writeKeyOf(state.configuration, 'secrets');
    const isPlain = state !== undefined && state.configProblem === undefined;
    const trouble = problem ? problemWords(problem) : state && running ? disagreement(state, running, isOdd(state)) : undefined;
    return {
      node: name,
      access,
      configured: state ? state.configuration !== undefined : null,
      flag: state?.flags.get(CONFIG_FLAG) ?? null,
      file: state?.configPath ?? null,
      automaticReload: state?.automaticReload ?? null,
      provider: writeKey?.provider ?? (isPlain ? 'identity' : null),
      keyName: writeKey?.keyName ?? null,
      configHash: state?.configHash ?? null,
      runningHash: running?.configHash ?? null,
      agrees: canTell({state, running, problem}) ? trouble === undefined : null,
      problem: trouble ?? (isUnknown(running) ? unknownWords(running) : null),
    };
  });
}

/** Where control planes have different configurations: those that most do not have; all of them where there is no majority. */
function oddOnes(states: readonly ServerState[]): (state: ServerState) => boolean {
  const groups = [...Map.groupBy(states, ({configHash}) => configHash)].sort(([, a], [, b]) => b.length - a.length);
  const [[usual, most] = [undefined, []], [, next] = [undefined, []]] = groups;
  return ({configHash}) => groups.length > 1 && (configHash !== usual || most.length === next.length);
}

/** What is wrong with its files is so whether or not the server can be asked. */
function canTell({state, running, problem}: Pick<Looked, 'state' | 'running' | 'problem'>): boolean {
  if (problem) return state !== undefined || problem.exitCode !== ExitCode.noAccess;
  return !isUnknown(running);
}

/** It does not answer; or lets the user see too little; or it serves Secrets, and its metrics cannot be read. */
const isUnknown = (running: RunningServer | undefined): boolean =>
  running !== undefined &&
  (!running.answers || running.denied !== undefined || (running.listsSecrets && running.startTime === undefined));

function unknownWords(running: RunningServer | undefined): string | null {
  if (running?.answers === false) return `the API server does not answer${running.why ? `: ${running.why}` : ''}`;
  return running?.denied === undefined ? (running?.why ?? null) : `no right to ${running.denied}: what it does is not known`;
}

/** What is not as the files say; undefined where all is. */
function disagreement(state: ServerState, running: RunningServer, isOdd: boolean): string | undefined {
  if (isUnknown(running)) return undefined;
  if (!running.listsSecrets) return `the API server does not serve Secrets${running.why ? `: ${running.why}` : ''}`;
  if (running.notReady.length > 0) return `the API server is not ready: ${enumerate(running.notReady)}`;
  if (running.configHash !== state.configHash) {
    if (state.configHash === undefined) return 'it still encrypts with a configuration that its manifest no longer names';
    if (state.automaticReload)
      return 'it has not read its file yet: that takes up to a minute, and a file with a mistake is ignored';
    return 'it has not read its file: without automatic reload it does so only when it starts';
  }
  return isOdd ? 'its configuration is not that of the other control planes' : undefined;
}

/** One line. */
export const problemWords = ({message, why}: Problem): string =>
  [message, why?.split('\n').join('; ')].filter(Boolean).join(': ');

/**
 * What to do where servers run without encryption while others have it. The file alone changes nothing there: kubeadm gives a server that joins
 * the flag, so one without it was taken out by hand. `source`: a node that has it; `path`: of the file on it.
 */
export function flagHint(nodes: readonly string[], source: string, path: string): string {
  const file =
    nodes.length === 1 ? `kops encrypt-at-rest sync ${nodes[0]}` : `copy ${path} from ${source} to ${enumerate(nodes)}`;
  return `${file}, for the file; then give the API server there --${CONFIG_FLAG}=${path} and its mount, as ${source} has them`;
}
