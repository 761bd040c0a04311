import {age} from '../../text/duration.ts';
import {cut, wrap} from '../../text/fit.ts';
import {shortImage} from '../../text/image.ts';
import {counted} from '../../text/plural.ts';
import {printable} from '../../text/printable.ts';
import type {Screen} from '../../text/screen.ts';
import {textWidth} from '../../text/width.ts';
import type {Cause, Phase, RolloutStatus} from '../status.ts';
import {workloadName, workloadWords} from '../workload.ts';

/** One workload: the verdict, what stands in its way, and where to go from there. */
export function renderStatus(status: RolloutStatus, screen: Screen): string {
  const blocks = [headline(status, screen), ...causeBlock(status.causes, screen), ...footer(status, screen)];
  const notes = status.notes.map((note) => screen.theme.dim(`  ${note}`));
  return [blocks.join('\n\n'), ...notes].join('\n');
}

/** `✗ deployment/web is stuck: revision 6 (web:2.1), 3 of 10 updated, still serving 8 of 10`; without the images where they make it too long. */
export function headline(status: RolloutStatus, screen: Screen): string {
  const {theme, width} = screen;
  const sayWith = (images: readonly string[]) =>
    `${workloadName(status.workload)}${predicate(status, revisionWords(status.revision, images))}`;
  const full = sayWith(status.images);
  const said = textWidth(full) <= width - 2 ? full : sayWith([]);
  return wrap(said, width - 2)
    .map((line, i) => `${i === 0 ? markOf(status.phase, screen) : ' '} ${theme.strong(line)}`)
    .join('\n');
}

function predicate({phase, message, desired, updated, available, causes}: RolloutStatus, what: string): string {
  const serving = available > 0 ? `serving ${available} of ${desired}` : `serving none of ${desired}`;
  if (/^(is|was) /.test(message)) return ` ${message}`;
  if (phase === 'healthy') return ` rolled out: ${what}, ${message}`;
  if (phase === 'paused') return `: ${what}, ${message}`;
  if (phase === 'progressing')
    return ` is rolling out: ${what}, ${message}${message.includes('available') ? '' : `, ${serving}`}`;
  if (causes.some(({doomed}) => doomed))
    return ` is stuck: ${what}, ${updated} of ${desired} updated, ${available > 0 ? 'still ' : ''}${serving}`;
  return ` failed: ${what}, ${message}`;
}

/** `revision 6 (web:2.1, proxy:1.0)` */
export function revisionWords(revision: number | null, images: readonly string[]): string {
  const named = images.length > 0 ? ` (${imageWords(images)})` : '';
  return `${revision === null ? 'a new revision' : `revision ${revision}`}${named}`;
}

export const imageWords = (images: readonly string[]): string => images.map(shortImage).join(', ');

export function markOf(phase: Phase, {theme}: Pick<Screen, 'theme'>): string {
  switch (phase) {
    case 'healthy':
      return theme.good('✓');
    case 'failed':
      return theme.wrong('✗');
    case 'paused':
      return theme.waiting('‖');
    case 'progressing':
      return theme.waiting('…');
  }
}

/** More than these are counted only; `-o json` has all of them. */
const MOST_CAUSES = 5;

/** The causes, numbered: the first at length, the others in a line or two each. Empty where there is none. */
function causeBlock(causes: readonly Cause[], screen: Screen): string[] {
  if (causes.length === 0) return [];
  const lines = causes
    .slice(0, MOST_CAUSES)
    .flatMap((cause, i) => (i === 0 ? mainCause(cause, screen) : otherCause(cause, i + 1, screen)));
  const more = causes.length - MOST_CAUSES;
  return [[...lines, ...(more > 0 ? [screen.theme.dim(`     …${more} more`)] : [])].join('\n')];
}

const INDENT = 5;

function mainCause(cause: Cause, {theme, width, now}: Screen): string[] {
  const colour = cause.doomed ? theme.wrong : theme.waiting;
  const extent = extentOf(cause, now);
  const title = cut(reasonWords(cause.reason), width - INDENT);
  const gap = Math.max(2, Math.min(width, 80) - INDENT - textWidth(title) - textWidth(extent));
  const inBlock = (text: string) => wrap(printable(text), width - INDENT);
  const hints = cause.hint?.split(/,\s+(?=or [^,:]*: (?:kops|kubectl) )/) ?? []; // a command on its own line can be copied
  return [
    `  1  ${colour(title)}${extent && ' '.repeat(gap)}${theme.dim(extent)}`,
    ...inBlock(cause.message).map((line) => `     ${line}`),
    ...(cause.log ?? []).map((line) => `     ${theme.dim(`│ ${cut(printable(line), width - INDENT - 2)}`)}`),
    ...inBlock(`in ${cause.object}${cause.pods > 1 ? ` and ${cause.pods - 1} more` : ''}`).map(
      (line) => `     ${theme.dim(line)}`,
    ),
    ...hints.flatMap((hint) => wrap(printable(hint), width - INDENT - 2).map((line, i) => `     ${i === 0 ? '→' : ' '} ${line}`)),
  ];
}

function otherCause(cause: Cause, number: number, {theme, width, now}: Screen): string[] {
  const extent = extentOf(cause, now);
  const text = printable(`also: ${cause.object}: ${cause.message}${extent && ` (${extent})`}`);
  return wrap(text, width - INDENT).map((line, i) => `  ${i === 0 ? theme.dim(String(number)) : ' '}  ${line}`);
}

/** `3 pods, 40s` */
export function extentOf({pods, since}: Cause, now: number): string {
  return [...(pods > 0 ? [counted(pods, 'pod')] : []), ...(since === undefined ? [] : [age(since, now)])].join(', ');
}

/** `ImageNotFound` is "image not found"; words that people know and search for stay as they are. */
export function reasonWords(reason: string): string {
  const words = reason.match(
    /CrashLoopBackOff|OOMKilled|OnDelete|ConfigMap|ServiceAccount|StatefulSet|[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+/g,
  );
  return words?.map((word) => (/^[A-Z][a-z0-9]+$/.test(word) ? word.toLowerCase() : word)).join(' ') ?? reason;
}

function footer({phase, previous, workload, revision}: RolloutStatus, {theme, now, width}: Screen): string[] {
  if (phase !== 'failed' || previous === undefined || revision === null) return [];
  const {number, images, createdAt, replicas} = previous;
  const pods = replicas > 0 ? `, ${counted(replicas, 'pod')} left` : '';
  const before = `before: ${revisionWords(number, images)}, ${age(createdAt, now)} old${pods}`;
  const diff = `diff: kops rollout diff ${workloadWords(workload)}`;
  const oneLine = `  ${before}   ${diff}`;
  if (textWidth(oneLine) <= width) return [theme.dim(oneLine)];
  return [
    [before, diff]
      .flatMap((part) => wrap(part, width - 2))
      .map((line) => theme.dim(`  ${line}`))
      .join('\n'),
  ];
}
