import {type Trouble, tallyWords} from '../../pods/trouble.ts';
import {printable} from '../../text/printable.ts';
import type {Cause} from '../status.ts';
import {lastLines} from './lines.ts';

/** A cause before it has a rank: what stands in the way, seen on some pods or on none. */
export interface Finding extends Omit<Trouble, 'container'> {
  readonly container?: string | undefined;
  /** Where to look: `pod/web-7bfb4bc78d-2xkq9`, `replicaset/web-7bfb4bc78d`. */
  readonly object: string;
  readonly pods: number;
  /** Whether it is about the revision that is being rolled out; what is on its way out only dooms itself. */
  readonly current: boolean;
}

/** A finding as it is told, safe to print. `hintOf` adds to what mends a trouble what gets rid of it. */
export const toCause = (finding: Finding, hintOf: (finding: Finding) => string | undefined): Cause => {
  const {reason, object, container, message, tally, doomed, pods, since, current, missing, said = ''} = finding;
  const hint = hintOf(finding);
  const log = lastLines(said);
  return {
    reason,
    object,
    ...(container !== undefined && {container}),
    message: printable(`${message}${tallyWords(tally)}${current ? '' : ' (old revision)'}`),
    hint: hint === undefined ? null : printable(hint),
    doomed: doomed && current,
    pods,
    since,
    ...(missing !== undefined && {missing}),
    ...(log.length > 0 && {log}),
  };
};
