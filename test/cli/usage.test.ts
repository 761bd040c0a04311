import {Args, Command, type Config, Flags} from '@oclif/core';
import {expect, test} from 'vitest';
import {asDuration, asGiven} from '../../src/cli/command.ts';
import {renderProblem} from '../../src/cli/errors.ts';
import {usageProblem} from '../../src/cli/usage.ts';
import {ExitCode, Problem} from '../../src/problem.ts';
import {createTheme} from '../../src/text/screen.ts';

const commands = [
  ['rollout', 'status'],
  ['rollout', 'undo'],
  ['secret', 'decode'],
  ['lab', 'up'],
];
const plain = createTheme(false);

/** What the user reads, after checking that it is a matter of usage. */
function shown(error: unknown, words: string, bin = 'kops'): string {
  const problem = usageProblem(error, {bin, argv: words.split(' '), commands});
  if (problem === undefined) throw new Error('not taken for a mistake on the command line');
  expect(problem.exitCode).toBe(ExitCode.usage);
  return renderProblem(problem, plain);
}

test.each([
  ['a typo in a verb', 'secret decod x', 'kops secret decod', 'did you mean decode?', 'kops secret decode --help'],
  ['a typo in a topic', 'rolout status deploy/web', 'kops rolout', 'did you mean rollout?', 'kops rollout --help'],
  ['a verb without its topic', 'status deploy/web', 'kops status', 'did you mean rollout status?', 'kops rollout status --help'],
  ['nothing like it', 'frobnicate', 'kops frobnicate', 'kops knows lab, rollout, secret', 'kops --help'],
  [
    'nothing like it in the topic',
    'rollout explain',
    'kops rollout explain',
    'kops rollout knows status, undo',
    'kops rollout --help',
  ],
])('an unknown command is three lines: %s', (_case, words, command, why, next) => {
  const error = new Error(`command ${words.replaceAll(' ', ':')} not found`);
  expect(shown(error, words)).toBe(`✗ unknown command: ${command}\n  ${why}\n  try: ${next}`);
});

test('a verb of several topics names them all', () => {
  const problem = usageProblem(new Error('command status not found'), {
    bin: 'kops',
    argv: ['status'],
    commands: [['lab', 'status'], ...commands],
  });
  expect(problem).toMatchObject({why: 'did you mean lab status or rollout status?', next: 'kops --help'});
});

test('a word behind a command that takes none is unexpected', () => {
  expect(shown(new Error('command lab:up:x not found'), 'lab up x')).toMatchInlineSnapshot(`
    "✗ unexpected argument: x
      kops lab up takes none
      try: kops lab up --help"
  `);
});

test('a flag before any command is unknown', () => {
  expect(shown(new Error('command --foo not found'), '--foo')).toMatchInlineSnapshot(`
    "✗ unknown flag: --foo
      flags come behind a command
      try: kops --help"
  `);
});

test('as a kubectl plugin it answers as one', () => {
  expect(shown(new Error('command secret:decod not found'), 'secret decod', 'kubectl kops')).toContain(
    'try: kubectl kops secret decode --help',
  );
});

class Decode extends Command {
  static override args = {name: Args.string({description: 'name of the Secret', required: true})};
  static override flags = {
    namespace: Flags.string({char: 'n'}),
    output: Flags.option({options: ['human', 'json'] as const})(),
    workers: Flags.integer({min: 0}),
    timeout: Flags.string({parse: asDuration}),
    context: Flags.string({parse: asGiven('the name of a context')}),
    key: Flags.string({dependsOn: ['namespace']}),
    file: Flags.string({exclusive: ['namespace']}),
  };
  override async run(): Promise<void> {
    await this.parse(Decode);
  }
}

const config = {runHook: async () => ({successes: [], failures: []})} as unknown as Config;

test.each([
  ['a name is missing', '', 'missing NAME', 'NAME: name of the Secret'],
  ['a word too many', 'db db2', 'unexpected argument: db2', 'kops secret decode takes NAME, no more'],
  [
    'a flag near one that exists',
    'db --namspace shop',
    'unknown flag: --namspace',
    'kops secret decode has no such flag; did you mean --namespace?',
  ],
  ['a flag near none', 'db --colour', 'unknown flag: --colour', 'kops secret decode has no such flag'],
  ['a short flag', 'db -x', 'unknown flag: -x', 'kops secret decode has no such flag'],
  ['a value that is none of those', 'db --output xml', '--output cannot be xml', 'it is one of human, json'],
  ['no number', 'db --workers many', '--workers cannot be many', 'it takes an integer'],
  ['a number out of range', 'db --workers=-1', '--workers cannot be -1', 'it takes an integer greater than or equal to 0'],
  ['a flag without its value', 'db --namespace', '--namespace needs a value', 'write it behind the flag: --namespace=VALUE'],
  ['a choice without its value', 'db --output', '--output needs a value', 'it is one of human, json'],
  ['a flag that is there twice', 'db -n a -n b', '--namespace is given more than once', 'only one value can be meant'],
  [
    'no duration',
    'db --timeout soon',
    '--timeout cannot be soon',
    'it takes a duration like 90s, 10m or 1h30m, or 0 for no limit',
  ],
  [
    'a flag that is empty',
    'db --context=',
    '--context is empty',
    'it takes the name of a context; without the flag the default counts',
  ],
  ['a flag with a value near none', 'db --colour=red', 'unknown flag: --colour', 'kops secret decode has no such flag'],
  ['a flag without its companion', 'db --key a', '--key needs --namespace', 'it has no effect without'],
  [
    'two flags that exclude each other',
    'db -n shop --file b',
    '--namespace and --file exclude each other',
    'only one of them can be meant',
  ],
])('what oclif says of %s becomes three lines', async (_case, words, what, why) => {
  const argv = words.split(' ').filter((word) => word !== '');
  const error = await new Decode(argv, config).run().catch((thrown: unknown) => thrown);
  const lines = [`✗ ${what}`, ...(why === undefined ? [] : [`  ${why}`]), '  try: kops secret decode --help'];
  expect(shown(error, `secret decode ${words}`)).toBe(lines.join('\n'));
});

test('a word that is far too long to be a name is cut in the middle, wherever it stands', () => {
  const error = new Error(`command ${'x'.repeat(1000)} not found`);
  const lines = shown(error, 'x'.repeat(1000)).split('\n');
  expect(lines[0]).toMatch(/^✗ unknown command: kops x{32}…x{31}$/);
  const longest = 'n'.repeat(253);
  expect(renderProblem(new Problem(`${longest} not found`, {exitCode: ExitCode.noAccess}), plain)).toBe(`✗ ${longest} not found`);
});

test('what went wrong elsewhere is no matter of usage', () => {
  expect(usageProblem(new Error('socket hang up'), {bin: 'kops', argv: [], commands})).toBeUndefined();
});

test('names that a manifest or a file system made up are shown, not obeyed', () => {
  const problem = new Problem('a\u001b[2J is not there', {why: 'b\u009b31m\nc\u202e', next: 'd\u0007', exitCode: ExitCode.usage});
  expect(renderProblem(problem, plain)).toBe('✗ a␛[2J is not there\n  b\\u009b31m\n  c\\u202e\n  d␇');
});
