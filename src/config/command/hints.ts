import type {CommandRow, Word} from './compose.ts';
import type {ImageConfig} from './image-config.ts';

/** A usual mistake: what it leads to, and what was meant. No value is in it, only what the template itself says. */
export interface Hint {
  readonly message: string;
  readonly fix?: string;
}

export interface Situation {
  readonly row: CommandRow;
  readonly words: readonly Word[];
  readonly image: ImageConfig | undefined;
  /** Whether the container has such a variable, of which the kubelet knows. */
  defines(name: string): boolean;
  /** Whether it surely has none, and none that only something missing keeps it from having. */
  lacks(name: string): boolean;
}

/** Mistakes that the command line of a container often has. */
export function commandHints(situation: Situation): Hint[] {
  const words = situation.words.map(({raw}) => raw);
  const shell = findShell(words);
  return [
    ...(shell === undefined ? withoutShell(situation, words) : withShell(words, shell)),
    ...unresolved(situation, shell),
    ...droppedCmd(situation),
  ];
}

const SHELLS = new Set(['sh', 'bash', 'ash', 'dash', 'zsh', 'ksh', 'mksh', 'fish']);
/** Programs whose arguments have a syntax with `$` of their own. */
const LANGUAGES = new Set(
  'awk gawk mawk busybox sed perl jq yq envsubst php ruby node python python3 expr find grep make psql mysql mongosh'.split(' '),
);
/** What a shell would read as its own. */
export const OPERATOR = /(?:^|\s)(?:&&|\|\|?|;|>>?|<|2>&1|&)(?=\s|$)|\s2>&1|\d>\S/;
const SHELL_VARIABLE = /(?<![$\\])\$(?:\{\w+[^}]*\}|[A-Za-z_]\w*)/;

interface Shell {
  /** Which word is the shell. */
  readonly at: number;
  /** Which word is the script of its `-c`; undefined where it has none. */
  readonly script: number | undefined;
}

const programName = (word: string | undefined): string => word?.split('/').at(-1) ?? '';

/** The shell that a command line starts, be it behind a small init (`tini --`) or `env`; one that gets a file for its script counts too. */
function findShell(words: readonly (string | undefined)[]): Shell | undefined {
  const at = words.slice(0, 4).findIndex((word) => SHELLS.has(programName(word)));
  if (at === -1) return undefined;
  const option = words.findIndex((word, i) => i > at && /^-[a-zA-Z]*c[a-zA-Z]*$/.test(word ?? ''));
  return {at, script: option === -1 ? undefined : option + 1};
}

function withoutShell({defines}: Situation, words: readonly (string | undefined)[]): Hint[] {
  if (LANGUAGES.has(programName(words[0]))) return [];
  const known = words.slice(1).filter((word) => word !== undefined);
  const isKnown = words.every((word) => word !== undefined);
  const unless = isKnown ? '' : ", unless the image's ENTRYPOINT is a shell";
  const script = wordList(['sh', '-c', words.filter((word) => word !== undefined).join(' ')]);
  const fix = isKnown ? `command: ${script}` : `command: ["sh", "-c"] with one script in args`;
  const operator = known.find((word) => OPERATOR.test(word));
  const variable = known.map((word) => SHELL_VARIABLE.exec(word)?.[0]).find((match) => match !== undefined);
  return [
    ...(operator === undefined
      ? []
      : [{message: `no shell reads ${wordList([operator])}: the program gets it as an argument${unless}`, fix}]),
    ...(variable === undefined
      ? []
      : [
          {
            message: `no shell reads ${variable}: the program gets it as it is${unless}`,
            fix: isExpandable(variable, defines)
              ? `write $(${variable.replaceAll(/[${}]/g, '')}), which the kubelet expands`
              : `a shell expands it: ${fix}`,
          },
        ]),
  ];
}

/** The image's own variables, such as HOME and PATH, the kubelet does not know; nor `${NAME:-a default}`. */
const isExpandable = (variable: string, defines: Situation['defines']): boolean =>
  /^\$(?:\w+|\{\w+\})$/.test(variable) && defines(variable.replaceAll(/[${}]/g, ''));

function withShell(words: readonly (string | undefined)[], {at, script}: Shell): Hint[] {
  if (script === undefined) return [];
  const name = programName(words[at]);
  const text = words[script];
  if (script >= words.length)
    return [{message: `${name} -c has no script: it ends at once`, fix: `args: ["echo hello"]: one word, the whole script`}];
  const rest = words.slice(script + 1).filter((word) => word !== undefined);
  const [zeroth = ''] = rest;
  const isName = SHELLS.has(programName(zeroth)) || ['--', '_', '-'].includes(zeroth);
  const joined = wordList([[text, ...rest].join(' ')]);
  return [
    ...(rest.length === 0 || isName
      ? []
      : [
          {
            message: `${wordList([zeroth])} is $0 of the script ${wordList([text ?? ''])}, not a word of it: ${name} -c takes one script`,
            fix: `one word: ${joined}`,
          },
        ]),
    ...(text !== undefined && /(?<!\$)\$\$(?![$(])/.test(text)
      ? [{message: 'the kubelet makes one dollar of $$: the script does not see its process id', fix: 'write $$$$'}]
      : []),
  ];
}

/** `$(NAME)`: where a shell reads it, a command `NAME` is run instead. With spaces or in small letters it is meant as one there. */
function unresolved({words, lacks}: Situation, shell: Shell | undefined): Hint[] {
  const all = words.slice(1).flatMap((word, i) => word.unresolved.map((name) => ({name, inScript: shell?.script === i + 1})));
  const names = new Map(
    all.filter(({name, inScript}) => lacks(name) && (!inScript || /^[A-Z_][A-Z0-9_]*$/.test(name))).map((one) => [one.name, one]),
  );
  return [...names.values()].map(({name, inScript}) => ({
    message: `no variable of this container is called ${name}: $(${name}) stays as it is${inScript ? `, and the shell runs a command of that name` : ''}`,
    fix: inScript
      ? `write $${name} for a variable that the image or the runtime sets`
      : `define it in env; the image's own variables do not count`,
  }));
}

function droppedCmd({row, image, words}: Situation): Hint[] {
  if (row !== 'command' || image === undefined || image.cmd.length === 0) return [];
  const program = programName(words[0]?.raw);
  return [
    {
      message: `the image's CMD ${wordList(image.cmd)} is dropped, because command is set: ${program} gets nothing of it`,
      fix: `args: ${wordList(image.cmd)}, if it is meant to`,
    },
  ];
}

/** As a manifest has it. */
export const wordList = (words: readonly string[]): string => `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
