import type {Word} from './compose.ts';
import {type Hint, OPERATOR, type Situation, wordList} from './hints.ts';

/** Why the first word of a command line cannot be a program, in any image. No value is in it, only what template and image themselves say. */
export function impossibleProgram(situation: Situation): Hint[] {
  const [first] = situation.words;
  if (first?.raw === undefined) return [];
  const {raw, unresolved} = first;
  if (raw.trim() === '') return [{message: 'the first word is empty, and it is the program', fix: 'name the program'}];
  if (/\s/.test(raw.trim())) return mayBeFile(raw) ? [] : [oneString(first, ': there is none of that name')];
  const missing = unresolved.find((name) => situation.lacks(name));
  if (missing !== undefined)
    return [
      {
        message: `no variable of this container is called ${missing}: $(${missing}) stays as it is, and there is no program of that name`,
        fix: "define it in env; the image's own variables do not count",
      },
    ];
  return argsAsProgram(situation);
}

/** A path with spaces, which might be meant. */
export function oddProgram({words: [first]}: Situation): Hint[] {
  if (first?.raw === undefined || !/\s/.test(first.raw.trim()) || isOfWindows(first.raw) || !mayBeFile(first.raw)) return [];
  return [oneString(first, ', which is rarely meant')];
}

const isOfWindows = (raw: string): boolean => /^[A-Za-z]:\\/.test(raw);

/** Whether a folder or file of a path may have the spaces, as of `/opt/my app/run`. */
const mayBeFile = (raw: string): boolean =>
  isOfWindows(raw) ||
  (/^\.{0,2}\//.test(raw) &&
    raw
      .split(/\s+/)
      .slice(1)
      .some((part) => /^[^-/'"|&;<>$][^'"|&;<>$]*\//.test(part)));

/** A command line in one word: `["sleep 5"]`. */
function oneString({raw = '', origin}: Word, but: string): Hint {
  const field = origin === 'args' ? 'args' : 'command';
  const fixed = OPERATOR.test(raw) || /["'`$\\*?]/.test(raw) ? ['sh', '-c', raw] : raw.trim().split(/\s+/);
  return {
    message: `${wordList([raw])} is the name of one program, spaces and all${but}`,
    fix: `${field}: ${wordList(fixed)}`,
  };
}

function argsAsProgram({row, image, words}: Situation): Hint[] {
  const first = words[0]?.raw;
  if (row !== 'args' || image === undefined || image.entrypoint.length > 0 || first === undefined) return [];
  if (!/^-|^\d+$/.test(first) || image.cmd[0] === undefined) return [];
  const args = words.flatMap(({raw}) => raw ?? []);
  return [
    {
      message: `the image has no ENTRYPOINT: args replaces its CMD ${wordList(image.cmd)}, and ${first} is taken for the program`,
      fix: `args: ${wordList([image.cmd[0], ...args])}`,
    },
  ];
}
