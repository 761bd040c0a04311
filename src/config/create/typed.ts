import {quoted} from '../../text/kubectl.ts';

/** The variable of a shell that holds what was typed for the value of this index. */
export const typedValue = (index: number): string => `"$value${index + 1}"`;

/**
 * A line for bash or zsh that asks for values on the terminal, unseen and one after the other, and then runs `line`, which takes them as
 * `typedValue`. It stops where one is not given. They are asked for before anything runs, because what runs in the background, as a `<(…)` of
 * an interactive shell does, cannot read its terminal; and in a shell of their own, so that nothing is left of them.
 */
export function afterAsking(what: readonly string[], line: string): string {
  const asked = what.map((name, i) => {
    const variable = `value${i + 1}`;
    return `printf %s ${quoted(`${name}: `)} >/dev/tty && IFS= read -rs ${variable} </dev/tty && echo >/dev/tty && [ -n "$${variable}" ]`;
  });
  return asked.length === 0 ? line : `(${[...asked, line].join(' && ')})`;
}
