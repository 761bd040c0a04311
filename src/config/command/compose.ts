import {expand, type Value} from '../container/expand.ts';
import type {ImageConfig} from './image-config.ts';

export type Origin = 'ENTRYPOINT' | 'CMD' | 'command' | 'args';
/** Which of the two a template sets; an empty list is the same as none. */
export type CommandRow = 'neither' | 'args' | 'command' | 'both';

export interface Word {
  readonly origin: Origin;
  /** As it is written, before anything is expanded; undefined for all of an image's part that nobody knows. */
  readonly raw: string | undefined;
  readonly value: Value;
  /** References in it that nothing answers. */
  readonly unresolved: readonly string[];
}

/** What the table says of each row. Source: the runtime's rule, containerd's `WithProcessArgs`, which is Docker's. */
export const ROWS: Readonly<Record<CommandRow, readonly Origin[]>> = {
  neither: ['ENTRYPOINT', 'CMD'],
  args: ['ENTRYPOINT', 'args'],
  command: ['command'],
  both: ['command', 'args'],
};

export interface Template {
  readonly command?: readonly string[] | undefined;
  readonly args?: readonly string[] | undefined;
}

export function rowOf({command = [], args = []}: Template): CommandRow {
  if (command.length > 0) return args.length > 0 ? 'both' : 'command';
  return args.length > 0 ? 'args' : 'neither';
}

/** The words of a row's command line. `$(VAR)` is expanded in the template's words alone: the image's are taken as they are. */
export function compose(
  row: CommandRow,
  template: Template,
  image: ImageConfig | undefined,
  lookup: (name: string) => Value | undefined,
): Word[] {
  const ofImage = (origin: 'ENTRYPOINT' | 'CMD', words: readonly string[] | undefined): Word[] =>
    words?.map((raw) => ({origin, raw, value: [{text: raw, secret: false}], unresolved: []})) ?? [
      {origin, raw: undefined, value: [{unknown: `${origin} of the image`}], unresolved: []},
    ];
  const ofTemplate = (origin: 'command' | 'args', words: readonly string[] = []): Word[] =>
    words.map((raw) => ({origin, raw, ...expand(raw, lookup)}));
  const parts: Readonly<Record<Origin, () => Word[]>> = {
    ENTRYPOINT: () => ofImage('ENTRYPOINT', image?.entrypoint),
    CMD: () => ofImage('CMD', image?.cmd),
    command: () => ofTemplate('command', template.command),
    args: () => ofTemplate('args', template.args),
  };
  return ROWS[row].flatMap((origin) => parts[origin]());
}
