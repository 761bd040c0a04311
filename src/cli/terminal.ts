import type {Writable} from 'node:stream';
import {createTheme, type Screen} from '../text/screen.ts';

interface Terminal extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Where a person sees it. CI counts as not a terminal. */
const isTerminal = (stream: Terminal, env: NodeJS.ProcessEnv): boolean =>
  stream.isTTY === true && !isSet(env.CI) && env.TERM !== 'dumb';

/** Live redraw and spinners: only on a terminal that knows its size; in one of no columns every line would be infinitely many. */
export const isInteractive = (stream: Terminal, env: NodeJS.ProcessEnv): boolean =>
  isTerminal(stream, env) && stream.columns !== 0;

/** https://no-color.org: NO_COLOR wins over everything; FORCE_COLOR turns colour on where there is no terminal. */
export function wantsColour(stream: Terminal, env: NodeJS.ProcessEnv, noColourFlag: boolean): boolean {
  if (isSet(env.NO_COLOR) || noColourFlag) return false;
  if (isSet(env.FORCE_COLOR)) return env.FORCE_COLOR !== '0';
  return isTerminal(stream, env);
}

export function screenOf(stream: Terminal, env: NodeJS.ProcessEnv, noColourFlag: boolean): Screen {
  const columns = stream.columns ?? Number.parseInt(env.COLUMNS ?? '', 10);
  return {theme: createTheme(wantsColour(stream, env, noColourFlag)), width: columns > 0 ? columns : 80, now: Date.now()};
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '' && value !== 'false';
