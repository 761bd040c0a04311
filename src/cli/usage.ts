import {stripVTControlCharacters} from 'node:util';
import {ExitCode, Problem} from '../problem.ts';
import {nearest} from '../text/nearest.ts';

/** What was typed, and what there is. */
export interface CommandLine {
  /** What the user calls kops: `kops` or `kubectl kops`. */
  readonly bin: string;
  readonly argv: readonly string[];
  /** The words of every command: `['rollout', 'status']`. */
  readonly commands: readonly (readonly string[])[];
}

/** What oclif's parser throws, as far as it is read here. It exports no classes for it. */
interface ParserError extends Error {
  /** Of flags that do not exist, with their dashes; absent on other errors. */
  readonly flags?: readonly string[];
  /** Of arguments that are missing, or of words too many. */
  readonly args?: readonly (string | {readonly name: string; readonly description?: string})[];
  readonly parse?: {
    readonly input?: {readonly flags?: Readonly<Record<string, unknown>>; readonly args?: Readonly<Record<string, unknown>>};
  };
}

/** A Problem of what is wrong with the words of a command line; undefined where `error` is about something else. */
export function usageProblem(error: unknown, line: CommandLine): Problem | undefined {
  if (!(error instanceof Error)) return undefined;
  if (/^command \S.* not found\.?$/i.test(error.message)) return unknownCommand(line);
  if (!('oclif' in error) && !/^(Expected an? |Parsing --)/.test(error.message)) return undefined;
  const [what, why] = describe(error, commandOf(line));
  return usage(what, why, `${commandOf(line)} --help`, error);
}

function unknownCommand(line: CommandLine): Problem {
  const {bin, argv, commands} = line;
  const words = wordsOf(line);
  const topic = words.slice(0, depthOf(line));
  const here = [bin, ...topic].join(' ');
  const typed = words[topic.length];
  if (typed === undefined) return usage(`unknown flag: ${argv[0]}`, 'flags come behind a command', `${here} --help`);

  const verbs = unique(commands.filter((command) => startsWith(command, topic)).map((command) => command[topic.length] ?? ''));
  if (verbs.length === 0) return usage(`unexpected argument: ${typed}`, `${here} takes none`, `${here} --help`);
  const what = `unknown command: ${here} ${typed}`;
  const near = nearest(typed, verbs);
  if (near !== undefined) return usage(what, `did you mean ${near}?`, `${here} ${near} --help`);
  const others = commands.filter((command) => command.includes(typed)).map((command) => command.join(' '));
  if (others.length > 0) {
    const topics = others.length === 1 ? others[0] : '';
    return usage(what, `did you mean ${others.join(' or ')}?`, [bin, topics, '--help'].filter(Boolean).join(' '));
  }
  return usage(what, `${here} knows ${verbs.join(', ')}`, `${here} --help`);
}

/** What happened, and why if more is known, in kops' words. */
function describe(error: ParserError, command: string): [string, string | undefined] {
  const [first = '', ...rest] = stripVTControlCharacters(error.message)
    .split('\n')
    .map((text) => text.trim())
    .filter((text) => text !== '' && !text.startsWith('See more help'));

  if (error.flags) return unknownFlags(error.flags, Object.keys(error.parse?.input?.flags ?? {}), command);
  if (first.startsWith('Missing') && error.args) {
    const missing = error.args.filter((arg) => typeof arg !== 'string');
    const name = (arg: {readonly name: string}) => arg.name.toUpperCase();
    return [
      `missing ${missing.map(name).join(' and ')}`,
      missing.map((arg) => `${name(arg)}: ${arg.description ?? arg.name}`).join('\n'),
    ];
  }
  const choice = /^Expected (.*)=(.*) to be one of: (.*)$/.exec(first);
  if (choice) return [`${choice[1]} cannot be ${choice[2]}`, `it is one of ${choice[3]}`];
  const needs = /^All of the following must be provided when using (--\S+): (.*)$/.exec(rest[0] ?? '');
  if (needs) return [`${needs[1]} needs ${needs[2]}`, 'it has no effect without'];
  const excludes = /^(--[\w-]+)(?:=\S*)? cannot also be provided when using (--\S+)$/.exec(rest[0] ?? '');
  if (excludes) return [`${excludes[1]} and ${excludes[2]} exclude each other`, 'only one of them can be meant'];
  if (/^The following errors? occurred/.test(first))
    return [uncapitalised(rest[0] ?? first), rest.slice(1).join('\n') || undefined];
  const value = /^Parsing (--\S+)/.exec(first);
  if (value) return invalidValue(value[1] ?? '', rest.join('\n'));
  const empty = /^Flag (--\S+) expects (?:a value|one of these values: (.*))$/.exec(first);
  if (empty)
    return [`${empty[1]} needs a value`, empty[2] ? `it is one of ${empty[2]}` : `write it behind the flag: ${empty[1]}=VALUE`];
  const again = /^Flag (--\S+) can only be specified once$/.exec(first);
  if (again) return [`${again[1]} is given more than once`, 'only one value can be meant'];
  if (/^Unexpected argument/.test(first)) return [uncapitalised(first), `${command} takes ${takenBy(error)}`];
  return [uncapitalised(first), rest.join('\n') || undefined];
}

function invalidValue(flag: string, reason: string): [string, string] {
  const [, wanted, got] = /^Expected (.*?),? but received: ?(.*)$/s.exec(reason) ?? [];
  if (wanted !== undefined && got === '') return [`${flag} is empty`, `it takes ${wanted}; without the flag the default counts`];
  return wanted === undefined ? [`invalid ${flag}`, uncapitalised(reason)] : [`${flag} cannot be ${got}`, `it takes ${wanted}`];
}

/** `NAME and KEY`: the arguments that there are. */
function takenBy({parse}: ParserError): string {
  const names = Object.keys(parse?.input?.args ?? {}).map((name) => name.toUpperCase());
  return names.length === 0 ? 'none' : `${names.join(' and ')}, no more`;
}

function unknownFlags(given: readonly string[], known: readonly string[], command: string): [string, string] {
  const flags = given.map((flag) => flag.replace(/=.*/s, ''));
  const near = flags.filter((flag) => flag.startsWith('--')).map((flag) => nearest(flag.slice(2), known));
  const [suggestion] = near.filter((name) => name !== undefined);
  const why = `${command} has no such flag`;
  return [`unknown flag: ${flags.join(', ')}`, suggestion === undefined ? why : `${why}; did you mean --${suggestion}?`];
}

const uncapitalised = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** The words before the first flag. */
function wordsOf({argv}: CommandLine): readonly string[] {
  const first = argv.findIndex((word) => word.startsWith('-'));
  return first === -1 ? argv : argv.slice(0, first);
}

/** How many of the words lead to a topic or a command. */
function depthOf(line: CommandLine): number {
  const words = wordsOf(line);
  let depth = 0;
  while (depth < words.length && line.commands.some((command) => startsWith(command, words.slice(0, depth + 1)))) depth += 1;
  return depth;
}

/** `kops rollout status`: as much of it as exists. */
const commandOf = (line: CommandLine): string => [line.bin, ...wordsOf(line).slice(0, depthOf(line))].join(' ');

const startsWith = (command: readonly string[], words: readonly string[]): boolean =>
  words.every((word, i) => command[i] === word);

const unique = (words: readonly string[]): string[] => [...new Set(words)].filter((word) => word !== '').sort();

const usage = (what: string, why: string | undefined, next: string, cause?: Error): Problem =>
  new Problem(what, {why, next, exitCode: ExitCode.usage, cause});
