import {ExitCode, Problem} from '../problem.ts';
import {printable} from '../text/printable.ts';
import {type Executed, execute} from './execute.ts';
import type {RunOptions, RunResult} from './node.ts';
import {Unreachable} from './problems.ts';

const MAX_BYTES = 16 * 1024 * 1024;
const STARTED = 'kops:started';

/**
 * Around every script: what comes before the first line is the transport's (a banner, a complaint), and without the last one the
 * connection was lost. Only so a script that fails can be told from a node that cannot be reached.
 */
const WRAPPER = `PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C; export PATH LC_ALL
echo ${STARTED} >&2
script=$1; shift
sh -c "$script" kops "$@"
printf '\\nkops:ended %s\\n' $? >&2`;

/** A way to run a command line on a node by a program of this machine. */
export interface Transport {
  /** For people: `docker exec a`, `ssh a`. */
  readonly title: string;
  readonly program: string;
  /** The program's arguments for it to run `words` on the node. */
  args(words: readonly string[], input: boolean): string[];
  /** Milliseconds in which the node must have begun. */
  readonly answersWithin: number;
  /** What its complaint means. The complaint itself is shown where nothing is known. */
  explain(complaint: string): {readonly why: string; readonly next?: string} | undefined;
}

/** Runs a script on a node, as `Node.run` says. */
export async function runThrough(
  transport: Transport,
  script: string,
  args: readonly string[],
  {input, onData, maxBytes = MAX_BYTES}: RunOptions,
  signal: AbortSignal,
): Promise<RunResult> {
  const words = ['sh', '-c', WRAPPER, 'kops', script, ...args];
  const executed = await execute(
    {
      program: transport.program,
      args: transport.args(words, input !== undefined),
      input,
      onData,
      maxBytes,
      sign: {text: STARTED, within: transport.answersWithin},
    },
    signal,
  );
  const result = resultOf(executed);
  if (result) return result;
  if (executed.ending.by === 'size')
    throw new Problem(`${transport.title} answered with more than ${maxBytes} bytes`, {exitCode: ExitCode.negative});
  throw unreachable(transport, executed);
}

function resultOf({stdout, stderr}: Executed): RunResult | undefined {
  const end = /\n?kops:ended (\d+)\n$/.exec(stderr);
  if (!end) return undefined;
  const said = stderr.slice(0, end.index);
  const start = said.indexOf(STARTED);
  return {code: Number(end[1]), stdout, stderr: start < 0 ? said : said.slice(start + STARTED.length + 1)};
}

function unreachable(transport: Transport, {ending, signSeen, stderr}: Executed): Unreachable {
  const {title, program, answersWithin} = transport;
  if (signSeen) return new Unreachable(`the connection to the node was lost (${title})`, {started: true, why: lastLines(stderr)});
  const what = `the node cannot be reached by ${title}`;
  if (ending.by === 'absence') return new Unreachable(what, {started: false, why: `${program} is not installed`});
  if (ending.by === 'denied') return new Unreachable(what, {started: false, why: `${program} could not be started`});
  if (ending.by === 'silence')
    return new Unreachable(what, {started: false, why: `it did not answer within ${answersWithin / 1000} s`});
  const {why = lastLines(stderr), next} = transport.explain(stderr) ?? {};
  return new Unreachable(what, {started: false, why, next});
}

/** What a program wrote last, safe to print. */
function lastLines(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('kops:'));
  return lines
    .slice(-3)
    .map((line) => printable(line.trim()).slice(0, 400))
    .join('\n');
}
