import type {Writable} from 'node:stream';
import {createTheme, type Screen} from '../text/screen.ts';

interface Terminal extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Live redraw, spinners and prompts: only where a person sees them. CI counts as not a terminal. */
export const isInteractive = (stream: Terminal, env: NodeJS.ProcessEnv): boolean =>
  stream.isTTY === true && !isSet(env.CI) && env.TERM !== 'dumb';

/** https://no-color.org: NO_COLOR wins over everything; FORCE_COLOR turns colour on where there is no terminal. */
export function wantsColour(stream: Terminal, env: NodeJS.ProcessEnv, noColourFlag: boolean): boolean {
  if (isSet(env.NO_COLOR) || noColourFlag) return false;
  if (isSet(env.FORCE_COLOR)) return env.FORCE_COLOR !== '0';
  return isInteractive(stream, env);
}

export function screenOf(stream: Terminal, env: NodeJS.ProcessEnv, noColourFlag: boolean): Screen {
  const columns = stream.columns ?? Number.parseInt(env.COLUMNS ?? '', 10);
  return {theme: createTheme(wantsColour(stream, env, noColourFlag)), width: columns > 0 ? columns : 80, now: Date.now()};
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '' && value !== 'false';
