import {duration} from '../../text/duration.ts';
import {printable} from '../../text/printable.ts';
import type {Screen} from '../../text/screen.ts';
import type {Cause, RolloutStatus} from '../status.ts';
import type {Picture} from '../watch.ts';
import {workloadName, workloadWords} from '../workload.ts';
import {reasonWords, revisionWords} from './status.ts';
import {renderEnd} from './watch-end.ts';

/**
 * Says what is new in a picture: a line each, with its time, and nothing twice. For where nothing can be redrawn. How workloads ended is left to
 * `renderEndLines`.
 */
export type LineWriter = (picture: Picture, screen: Screen) => string[];

/** `withNamespace`: workloads of several namespaces are watched. */
export function createLineWriter(withNamespace: boolean): LineWriter {
  const said = new Set<string>();
  const last = new Map<string, string>();
  let connected = true;

  /** Whether a text differs from the last one about the same. */
  const isNew = (about: string, text: string): boolean => {
    if (last.get(about) === text) return false;
    last.set(about, text);
    return true;
  };
  const firstTime = (what: string): boolean => !said.has(what) && said.add(what) !== undefined;

  const workloadLines = (status: RolloutStatus, {theme}: Screen): string[] => {
    const {workload, revision, causes} = status;
    const key = workloadWords(workload);
    const inNamespace = (object: string) => (withNamespace ? `${workload.namespace} ${object}` : object);
    const progress = `${inNamespace(workloadName(workload))}${progressWords(status)}`;
    const news = causes.filter((cause) => isWorthALine(cause, status) && firstTime(`${key} ${revision} ${identityOf(cause)}`));
    return [
      ...(!isBetween(status) && isNew(key, progress) ? [progress] : []),
      ...news.map((cause) => {
        const colour = cause.doomed ? theme.wrong : theme.waiting;
        return `${inNamespace(cause.object)} ${colour(`${reasonWords(cause.reason)}: ${printable(cause.message)}`)}`;
      }),
    ];
  };

  return ({watched, conclusion, trouble, notes}, screen) => {
    const {theme, now} = screen;
    const lines = [
      ...(connected !== (trouble === undefined)
        ? [theme.dim(trouble === undefined ? 'connected again' : `reconnecting: ${trouble}`)]
        : []),
      ...(conclusion === undefined ? watched.flatMap(({status}) => workloadLines(status, screen)) : []),
      ...notes.filter((note) => firstTime(note)).map(theme.dim),
    ];
    connected = trouble === undefined;
    return lines.map((line) => `${theme.dim(clockTime(now))} ${line}`);
  };
}

/** The last lines: what is rolled out in the manner of the others, and all that is known about what is not. */
export function renderEndLines(picture: Picture, screen: Screen, withNamespace: boolean): string {
  const time = screen.theme.dim(clockTime(screen.now));
  const isDone = picture.conclusion?.outcome === 'healthy';
  if (!isDone || picture.watched.length === 0) return renderEnd(picture, screen);
  return picture.watched
    .map(({status}) => {
      const name = workloadName(status.workload);
      const took = duration(screen.now - picture.startedAt);
      const text = `rolled out: ${revisionWords(status.revision, status.images)}, ${status.message}, ${took}`;
      return `${time} ${withNamespace ? `${status.workload.namespace} ${name}` : name} ${screen.theme.good(text)}`;
    })
    .join('\n');
}

/** ` revision 5 (web:2.0): 7/10 updated, 8 available` */
function progressWords(status: RolloutStatus): string {
  const {phase, message, revision, images, desired, updated, available, causes} = status;
  if (/^(is|was) /.test(message)) return ` ${message}`;
  const counts = [`${updated}/${desired} updated`, `${available} available`];
  const isDoomed = phase === 'failed' && causes.some(({doomed}) => doomed);
  const words = phase === 'paused' || (phase === 'failed' && !isDoomed) ? [message] : counts;
  return ` ${revisionWords(revision, images)}: ${[...(isDoomed ? ['will not finish'] : []), ...words].join(', ')}`;
}

/** The moment between a change and its revision says nothing that the next one does not. */
const isBetween = ({revision, previous, phase}: RolloutStatus): boolean =>
  revision === null && previous !== undefined && phase === 'progressing';

/** What is on its way out, and what the workload's own line says, is left out. */
const isWorthALine = ({message, object, reason}: Cause, {workload, phase}: RolloutStatus): boolean =>
  !message.endsWith('(old revision)') && !(phase === 'paused' && reason === 'Paused' && object === workloadName(workload));

/** What makes two causes the same although their counts and ages differ. */
const identityOf = ({reason, container, doomed, pods, object}: Cause): string =>
  [reason, container, doomed, pods > 0 ? '' : object].join(' ');

const clockTime = (now: number): string => {
  const at = new Date(now);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
};
