import {describe, expect, test} from 'vitest';
import {compose, rowOf, type Template} from '../../../src/config/command/compose.ts';
import {commandHints, type Situation} from '../../../src/config/command/hints.ts';
import {parseImageConfig, readImageConfig} from '../../../src/config/command/image-config.ts';
import {impossibleProgram, oddProgram} from '../../../src/config/command/program.ts';
import {plain, shownText} from '../../../src/config/container/expand.ts';

const SLEEPER = {entrypoint: ['sleep'], cmd: ['5'], source: 'image.json'};
const imageOf = (entrypoint: string[], cmd: string[]) => ({entrypoint, cmd, source: 'image.json'});
const variables = new Map([
  ['SECONDS', plain('10')],
  ['PASSWORD', [{text: 's3cr3t', secret: true}]],
]);
const wordsOf = (template: Template, image: typeof SLEEPER | undefined) =>
  compose(rowOf(template), template, image, (name) => variables.get(name));
const run = (template: Template, image: typeof SLEEPER | undefined) =>
  wordsOf(template, image).map(({value}) => shownText(value, false));

// The table of https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container, on the lecture's image.
test.each<[string, Template, string, string[]]>([
  ['neither', {}, 'neither', ['sleep', '5']],
  ['args alone', {args: ['10']}, 'args', ['sleep', '10']],
  ['command alone', {command: ['sleeper덮어쓰기']}, 'command', ['sleeper덮어쓰기']],
  ['both', {command: ['sleeper덮어쓰기'], args: ['10']}, 'both', ['sleeper덮어쓰기', '10']],
  ['empty lists are as none', {command: [], args: []}, 'neither', ['sleep', '5']],
])('%s', (_case, template, row, argv) => {
  expect([rowOf(template), run(template, SLEEPER)]).toEqual([row, argv]);
});

test.each<[string, Template, typeof SLEEPER | undefined, string[]]>([
  [
    'references in command and args',
    {command: ['sleep', '$(SECONDS)'], args: ['--p=$(PASSWORD)']},
    SLEEPER,
    ['sleep', '10', '--p=••••••'],
  ],
  ["none in the image's words", {}, imageOf(['sleep', '$(SECONDS)'], ['$$']), ['sleep', '$(SECONDS)', '$$']],
  ['an image that nobody knows', {}, undefined, ['<ENTRYPOINT of the image>', '<CMD of the image>']],
  ['one that does not matter', {command: ['a']}, undefined, ['a']],
  ['args of one that nobody knows', {args: ['10']}, undefined, ['<ENTRYPOINT of the image>', '10']],
])('%s', (_case, template, image, argv) => {
  expect(run(template, image)).toEqual(argv);
});

describe('usual mistakes', () => {
  const situationOf = (template: Template, image: typeof SLEEPER | undefined): Situation => ({
    row: rowOf(template),
    words: wordsOf(template, image),
    image,
    defines: (name) => variables.has(name),
    lacks: (name) => !variables.has(name) && name !== 'UNSURE',
  });
  const lines = (hints: ReturnType<typeof commandHints>) => hints.map(({message, fix}) => `${message} → ${fix}`);
  const hints = (...of: Parameters<typeof situationOf>) => lines(commandHints(situationOf(...of)));
  const sh = (...words: string[]): Template => ({command: ['sh', '-c', ...words]});

  test.each<[string, Template, typeof SLEEPER | undefined, string]>([
    [
      'a dropped CMD',
      {command: ['sleep2.0']},
      SLEEPER,
      `the image's CMD ["5"] is dropped, because command is set: sleep2.0 gets nothing of it → args: ["5"], if it is meant to`,
    ],
    [
      'a list of commands',
      {command: ['echo', 'a', '&&', 'sleep', '5']},
      imageOf([], []),
      'no shell reads ["&&"]: the program gets it as an argument → command: ["sh", "-c", "echo a && sleep 5"]',
    ],
    [
      'a pipe within a word',
      {command: ['echo'], args: ['a | wc']},
      imageOf([], []),
      'no shell reads ["a | wc"]: the program gets it as an argument → command: ["sh", "-c", "echo a | wc"]',
    ],
    [
      'a redirection',
      {command: ['date', '>', '/tmp/now']},
      imageOf([], []),
      'no shell reads [">"]: the program gets it as an argument → command: ["sh", "-c", "date > /tmp/now"]',
    ],
    [
      "a shell's variable",
      {command: ['echo', '$SECONDS']},
      imageOf([], []),
      'no shell reads $SECONDS: the program gets it as it is → write $(SECONDS), which the kubelet expands',
    ],
    [
      "a shell's variable where nobody knows the image",
      {args: ['$SECONDS']},
      undefined,
      "no shell reads $SECONDS: the program gets it as it is, unless the image's ENTRYPOINT is a shell → write $(SECONDS), which the kubelet expands",
    ],
    [
      "a variable of the image's, of which the kubelet does not know",
      {command: ['echo', '$HOME']},
      imageOf([], []),
      'no shell reads $HOME: the program gets it as it is → a shell expands it: command: ["sh", "-c", "echo $HOME"]',
    ],
    [
      'a variable with a default',
      {command: ['echo', `\${SECONDS:-5}`]},
      imageOf([], []),
      `no shell reads \${SECONDS:-5}: the program gets it as it is → a shell expands it: command: ["sh", "-c", "echo \${SECONDS:-5}"]`,
    ],
    [
      'a reference to nothing',
      {command: ['echo', '$(NOPE)']},
      imageOf([], []),
      "no variable of this container is called NOPE: $(NOPE) stays as it is → define it in env; the image's own variables do not count",
    ],
    [
      'a reference to nothing in a script',
      sh('echo $(HOSTNAME)'),
      imageOf([], []),
      'no variable of this container is called HOSTNAME: $(HOSTNAME) stays as it is, and the shell runs a command of that name → write $HOSTNAME for a variable that the image or the runtime sets',
    ],
    [
      'words behind a script',
      sh('echo', 'b'),
      imageOf([], []),
      '["b"] is $0 of the script ["echo"], not a word of it: sh -c takes one script → one word: ["echo b"]',
    ],
    [
      'args behind a script of the image',
      {args: ['b']},
      imageOf(['/bin/sh', '-c', 'serve'], []),
      '["b"] is $0 of the script ["serve"], not a word of it: sh -c takes one script → one word: ["serve b"]',
    ],
    [
      'a shell without a script',
      sh(),
      imageOf([], []),
      'sh -c has no script: it ends at once → args: ["echo hello"]: one word, the whole script',
    ],
    [
      'a process id',
      sh('echo $$ > /tmp/pid'),
      imageOf([], []),
      'the kubelet makes one dollar of $$: the script does not see its process id → write $$$$',
    ],
  ])('%s', (_case, template, image, hint) => {
    expect(hints(template, image)).toEqual([hint.replaceAll(/\["sleep","5"\]/g, '["sleep", "5"]')]);
  });

  test.each<[string, Template]>([
    ['a script', sh('echo $HOME && date | wc > /tmp/x; echo $(date +%s) $(id)')],
    ['a script in args', {command: ['/bin/bash', '-ec'], args: ['a && b']}],
    ['a script behind an init', {command: ['tini', '--', 'sh', '-c'], args: ['a && b']}],
    ['a name for $0', sh('echo "$@"', 'sh', 'a')],
    ['a program with a syntax of its own', {command: ['awk', '{print $NF}']}],
    ['patterns', {command: ['server', '--match=^a$|b', '--x=a>b']}],
    ['a reference to what may be in an object that could not be read', {command: ['server', '$(UNSURE)']}],
    ['an escaped reference', {command: ['server', '$$(KEPT)']}],
    ['a program and its options', {command: ['server'], args: ['--port', '8080']}],
  ])('%s is none', (_case, template) => {
    expect(hints(template, imageOf([], []))).toEqual([]);
  });

  test.each<[string, Template, typeof SLEEPER | undefined, string]>([
    [
      'one string',
      {command: ['sleep 5']},
      undefined,
      '["sleep 5"] is the name of one program, spaces and all: there is none of that name → command: ["sleep", "5"]',
    ],
    [
      'one string in the image',
      {},
      imageOf([], ['sleep 5']),
      '["sleep 5"] is the name of one program, spaces and all: there is none of that name → command: ["sleep", "5"]',
    ],
    [
      'a script in one string',
      {command: ["/bin/sh -c 'ls /tmp'"]},
      undefined,
      `["/bin/sh -c 'ls /tmp'"] is the name of one program, spaces and all: there is none of that name → command: ["sh", "-c", "/bin/sh -c 'ls /tmp'"]`,
    ],
    ['nothing', {command: ['', 'x']}, undefined, 'the first word is empty, and it is the program → name the program'],
    [
      'a reference to nothing',
      {command: ['$(NOPE)']},
      undefined,
      "no variable of this container is called NOPE: $(NOPE) stays as it is, and there is no program of that name → define it in env; the image's own variables do not count",
    ],
    [
      'a number',
      {args: ['10']},
      imageOf([], ['sleep', '5']),
      'the image has no ENTRYPOINT: args replaces its CMD ["sleep", "5"], and 10 is taken for the program → args: ["sleep", "10"]',
    ],
    [
      'an option',
      {args: ['-v']},
      imageOf([], ['server']),
      'the image has no ENTRYPOINT: args replaces its CMD ["server"], and -v is taken for the program → args: ["server", "-v"]',
    ],
  ])('%s is no program', (_case, template, image, error) => {
    expect(lines(impossibleProgram(situationOf(template, image)))).toEqual([error]);
  });

  test.each<[string, Template, string[]]>([
    ['a program', {command: ['sleep', '5']}, []],
    ['what a variable names', {command: ['$(SECONDS)']}, []],
    ['what a variable may name', {command: ['$(UNSURE)']}, []],
    ["a path of Windows'", {command: ['C:\\Program Files\\app\\app.exe']}, []],
    [
      'a path with a space',
      {command: ['/opt/my app/run']},
      ['["/opt/my app/run"] is the name of one program, spaces and all, which is rarely meant → command: ["/opt/my", "app/run"]'],
    ],
  ])('%s may be one', (_case, template, odd) => {
    expect(impossibleProgram(situationOf(template, imageOf([], [])))).toEqual([]);
    expect(lines(oddProgram(situationOf(template, imageOf([], []))))).toEqual(odd);
  });
});

describe('what says how an image is run', () => {
  const config = {Entrypoint: ['/bin/web'], Cmd: ['8080'], Env: ['A=1']};
  test.each<[string, unknown]>([
    ['docker inspect', [{Id: 'sha256:1', Config: config}]],
    ['one object of it', {Config: config}],
    ["OCI's configuration", {architecture: 'amd64', config, rootfs: {type: 'layers'}}],
    ['crictl inspecti', {status: {id: 'x'}, info: {imageSpec: {config}}}],
  ])('%s', (_case, document) => {
    expect(parseImageConfig(JSON.stringify(document), 'x')).toEqual({entrypoint: ['/bin/web'], cmd: ['8080'], source: 'x'});
  });
  test.each<[string, unknown, string[], string[]]>([
    ['null', {Config: {Entrypoint: null, Cmd: null}}, [], []],
    ['an ENTRYPOINT that was taken back', {Config: {Entrypoint: [''], Cmd: ['sh']}}, [], ['sh']],
    ['an image that says nothing', {rootfs: {type: 'layers'}}, [], []],
  ])('%s', (_case, document, entrypoint, cmd) => {
    expect(parseImageConfig(JSON.stringify(document), 'x')).toEqual({entrypoint, cmd, source: 'x'});
  });
  test.each([
    ['no JSON', 'FROM ubuntu'],
    [
      'a manifest of an image',
      JSON.stringify({config: {mediaType: 'application/vnd.oci.image.config.v1+json', digest: 'sha256:1'}, layers: []}),
    ],
    ['an empty list', '[]'],
  ])('%s is refused', (_case, text) => {
    expect(() => readImageConfig(text, 'image.json')).toThrow(
      expect.objectContaining({message: 'image.json holds no image configuration', exitCode: 2}),
    );
  });
});
