import {ExitCode, Problem} from '../problem.ts';
import {printable} from '../text/printable.ts';
import {type Ending, execute} from './execute.ts';
import type {RunOptions, RunResult} from './node.ts';
import {Output} from './output.ts';
import {Unreachable} from './problems.ts';

const MAX_BYTES = 16 * 1024 * 1024;
const BEGUN = 'kops:begun';

/**
 * Around every script: what comes before the first line is the transport's (a banner, a complaint), and without the last one the
 * connection was lost. Only so a script that fails can be told from a node that cannot be reached.
 */
const WRAPPER = `PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C; export PATH LC_ALL
echo ${BEGUN} >&2
script=$1; shift
sh -c "$script" kops "$@"
printf '\\nkops:ended %s\\n' $? >&2`;

export interface Explanation {
  readonly why: string;
  readonly next?: string;
}

/** A way to run a command line on a node. */
export interface Transport {
  /** For people: `docker exec a`, `ssh a`. */
  readonly title: string;
  /** Runs the command line `words` on the node as root. Resolves with how that ended, whatever the exit code. */
  run(words: readonly string[], io: {input: Buffer | undefined; output: Output}, signal: AbortSignal): Promise<Ending>;
  /** What a complaint of its own means. The complaint itself is shown where nothing is known. */
  explain(complaint: string): Explanation | undefined;
}

/** A transport that is a program of this machine; `args` makes its arguments. */
export function programTransport(
  program: string,
  {
    args,
    within,
    ...transport
  }: Omit<Transport, 'run'> & {
    args(words: readonly string[], input: boolean): string[];
    /** Milliseconds in which the node must have begun. */
    within: number;
  },
): Transport {
  const {title, explain} = transport;
  return {
    title,
    run: (words, io, signal) => execute(program, args(words, io.input !== undefined), {...io, within}, signal),
    explain,
  };
}

/** Runs a script on a node, as `Node.run` says. */
export async function runThrough(
  transport: Transport,
  script: string,
  args: readonly string[],
  {input, onData, maxBytes = MAX_BYTES}: RunOptions,
  signal: AbortSignal,
): Promise<RunResult> {
  const output = new Output({onData, maxBytes, sign: BEGUN});
  const ending = await transport.run(['sh', '-c', WRAPPER, 'kops', script, ...args], {input, output}, signal);
  if (output.failure) throw output.failure.error;
  if (ending === 'size')
    throw new Problem(`${transport.title} answered with more than ${maxBytes} bytes`, {exitCode: ExitCode.negative});
  const result = resultOf(output);
  if (result) return result;
  throw output.begun ? lost(transport, output) : unreachable(transport, ending, output);
}

function resultOf({stdout, stderr}: Output): RunResult | undefined {
  const end = /\n?kops:ended (\d+)\n$/.exec(stderr);
  if (!end) return undefined;
  const said = stderr.slice(0, end.index);
  const begin = said.indexOf(BEGUN);
  return {code: Number(end[1]), stdout, stderr: begin < 0 ? said : said.slice(begin + BEGUN.length + 1)};
}

function lost({title}: Transport, {stderr}: Output): Unreachable {
  return new Unreachable(`the connection to the node was lost (${title})`, {started: true, why: lastLines(stderr)});
}

function unreachable({title, explain}: Transport, ending: Ending, {stderr}: Output): Unreachable {
  const [program = ''] = title.split(' ');
  const reasons: Partial<Record<Ending, string>> = {
    absence: `${program} is not installed`,
    refusal: `${program} could not be started`,
    silence: 'it does not answer',
  };
  const reason = reasons[ending];
  const {why, next} = reason === undefined ? (explain(stderr) ?? {why: lastLines(stderr)}) : {why: reason};
  return new Unreachable(`the node cannot be reached: ${title}`, {started: false, why, next});
}

/** What was written last, safe to print. */
function lastLines(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('kops:'));
  return lines
    .slice(-3)
    .map((line) => printable(line.trim()).slice(0, 400))
    .join('\n');
}
