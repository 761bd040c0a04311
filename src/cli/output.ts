import type {Writable} from 'node:stream';
import {stringify} from 'yaml';
import {createTheme, type Screen} from '../text/screen.ts';

export type OutputFormat = 'human' | 'json' | 'yaml';

/** What `-o json` and `-o yaml` print; its human form is made by a view from the same object. */
export interface Report {
  readonly kind: string;
}

interface Terminal extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The whole report as a document, the API version first. */
export function serialise(report: Report, format: 'json' | 'yaml'): string {
  const document = {apiVersion: 'kops/v1', ...report};
  return format === 'json' ? JSON.stringify(document, null, 2) : stringify(document, {lineWidth: 0}).trimEnd();
}

/** One report a line, for streams under `-o json`; a YAML document each under `-o yaml`. */
export function serialiseEvent(report: Report, format: 'json' | 'yaml'): string {
  return format === 'json' ? JSON.stringify({apiVersion: 'kops/v1', ...report}) : `---\n${serialise(report, 'yaml')}`;
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
