import {duration} from '../../text/duration.ts';
import {fitParts, type Part, pad, partWidth} from '../../text/fit.ts';
import {printable} from '../../text/printable.ts';
import type {Screen} from '../../text/screen.ts';
import {textWidth} from '../../text/width.ts';
import type {Situation} from '../situation.ts';
import type {Cause, RolloutStatus} from '../status.ts';
import {boundsWords, resolveStrategy, type Strategy, strategyWords} from '../strategy.ts';
import type {Picture} from '../watch.ts';
import type {Watched} from '../watch-fold.ts';
import {workloadName} from '../workload.ts';
import {type Bar, bar, renderBars} from './bars.ts';
import {branchesOf} from './rows.ts';
import {extentOf, imageWords, markOf, reasonWords} from './status.ts';
import {renderBranches, renderRows} from './tree.ts';

/** What a frame must fit, and what it is about. */
export interface Frame {
  readonly rows: number;
  /** The kubeconfig context. */
  readonly context: string;
  /** Workloads of several namespaces are watched. */
  readonly withNamespace: boolean;
}

/** The live picture: at most `rows` lines, none wider than the screen. */
export function renderPicture(picture: Picture, frame: Frame, screen: Screen): string {
  const below = [...troubleLines(picture, screen), clocks(picture, screen)].slice(-frame.rows);
  const room = frame.rows - below.length;
  const [first, ...more] = picture.watched;
  if (first === undefined || room < 1) return below.join('\n');
  const isAlone = more.length === 0 && picture.resting === 0 && room >= LEAST_ROWS;
  return [...(isAlone ? alone(first, room, frame, screen) : together(picture, room, frame, screen)), ...below].join('\n');
}

/** Below this many rows a single workload is drawn as one of many. */
const LEAST_ROWS = 9;
/** With this many rows left for pods there is air between the parts. */
const ROOMY = 8;
const MOST_CAUSES = 3;

/** One workload has the whole screen. */
function alone({situation, status}: Watched, room: number, frame: Frame, screen: Screen): string[] {
  const {theme, width} = screen;
  const name: Part = [workloadName(status.workload), theme.strong];
  if (situation === undefined) return [fitParts([name, ' ', [status.message, theme.wrong]], width)];
  const strategy = resolveStrategy(situation.workload);
  const {namespace} = status.workload;
  const head = [
    spread(
      [[name, [`  ${namespace} · ${frame.context}`, theme.dim]], [name, [`  ${namespace}`, theme.dim]], [name]],
      strategyWords(strategy),
      screen,
    ),
    spread([[transition(status), '   ', imageTransition(status)]], boundsWords(strategy), screen),
  ];
  const bars = renderBars(barsOf(status, situation, strategy, screen), screen);
  const about = aboutLines(status, screen).slice(0, MOST_CAUSES);
  const branches = branchesOf(situation, screen.now);
  const left = room - head.length - bars.length - about.length;
  const air = left >= branches.length + ROOMY ? [''] : [];
  return [...head, ...air, ...bars, ...air, ...renderBranches(branches, left - 2 * air.length, screen), ...about].slice(0, room);
}

/** `revision 4 → 5`, `revision 1` */
function transition({revision, previous}: RolloutStatus): string {
  const to = revision === null ? '…' : String(revision);
  return previous === undefined ? `revision ${to}` : `revision ${previous.number} → ${to}`;
}

/** `web:1.1 → web:2.0`: what changes; where nothing does, what it is. */
function imageTransition({images, previous}: RolloutStatus): string {
  const before = previous?.images.filter((image) => !images.includes(image)) ?? [];
  const after = images.filter((image) => !previous?.images.includes(image));
  return before.length > 0 && after.length > 0 ? `${imageWords(before)} → ${imageWords(after)}` : imageWords(images);
}

/** The first of some ways to say the left part that leaves room for the right one; else the left one alone. */
function spread(lefts: readonly (readonly Part[])[], right: string, {theme, width}: Screen): string {
  const widthOf = (parts: readonly Part[]) => parts.reduce((sum, part) => sum + partWidth(part), 0);
  const fitting = lefts.find((left) => widthOf(left) + 2 + textWidth(right) <= width);
  if (fitting !== undefined) {
    return fitParts([...fitting, ' '.repeat(width - widthOf(fitting) - textWidth(right)), [right, theme.dim]], width);
  }
  return fitParts(lefts.find((left) => widthOf(left) <= width) ?? lefts.at(-1) ?? [], width);
}

function barsOf(status: RolloutStatus, {workload, revisions}: Situation, strategy: Strategy, {theme}: Screen): Bar[] {
  const {desired, updated, ready, available, terminating, previous} = status;
  const old = revisions.filter(({current}) => !current).reduce((sum, {replicas}) => sum + replicas, 0);
  const settles = (workload.spec?.minReadySeconds ?? 0) > 0;
  const serving = settles ? available : ready;
  const colour = (part: number) => (part >= desired ? theme.good : theme.waiting);
  const bars: Bar[] = [
    {label: 'updated', part: updated, whole: desired, words: `${updated}/${desired}`, colour: colour(updated)},
    {
      label: settles ? 'available' : 'ready',
      part: serving,
      whole: desired,
      words: `${serving}/${desired}`,
      colour: colour(serving),
      notes: previous && shortfall(serving, desired, strategy, theme),
    },
  ];
  if (previous === undefined) return bars;
  const notes: Part[] = terminating ? [[`${terminating} terminating`, theme.dim]] : [];
  return [...bars, {label: 'old', part: old, whole: desired, words: `${old} left`, colour: theme.dim, notes}];
}

/** How many pods serve less than were asked for; whether the strategy allows it. */
function shortfall(serving: number, desired: number, {minAvailable}: Strategy, theme: Screen['theme']): Part[] {
  const missing = desired - serving;
  if (missing <= 0) return [];
  const short = `⚠ ${missing} missing`;
  if (serving >= minAvailable)
    return [
      [`⚠ ${missing} below what was asked for`, theme.waiting],
      [short, theme.waiting],
    ];
  return [
    [`⚠ ${minAvailable - serving} below the least of ${minAvailable}`, theme.wrong],
    [short, theme.wrong],
  ];
}

/** What bars and pods do not say: causes, else what it waits for. The first of them may take two lines. */
function aboutLines(status: RolloutStatus, screen: Screen): string[] {
  const {causes, phase, message} = status;
  if (causes.length > 0) return causes.flatMap((cause, i) => causeLines(cause, i === 0, screen));
  if (phase === 'healthy' || /^\d+ of \d+ (updated|available)/.test(message) || / old still to go$/.test(message)) return [];
  return [fitParts([markOf(phase, screen), ' ', message], screen.width)];
}

function causeLines(cause: Cause, mayBreak: boolean, {theme, width, now}: Screen): string[] {
  const [mark, colour] = cause.doomed ? ['✗', theme.wrong] : ['⚠', theme.waiting];
  const extent = extentOf(cause, now);
  const head: Part[] = [
    [`${mark} ${reasonWords(cause.reason)}`, colour],
    ...(extent ? [[`  ${extent}`, theme.dim] as const] : []),
  ];
  const message = `  ${printable(cause.message)}`;
  const tooLong = head.reduce((sum, part) => sum + partWidth(part), 0) + textWidth(message) > width;
  return mayBreak && tooLong ? [fitParts(head, width), fitParts([message], width)] : [fitParts([...head, message], width)];
}

/** Several workloads: a line each, then what stands in their way, then pods that are not ready, as far as there is room. */
function together({watched, resting}: Picture, room: number, frame: Frame, screen: Screen): string[] {
  const unfinishedFirst = watched.toSorted((a, b) => Number(a.ending === 'healthy') - Number(b.ending === 'healthy'));
  const others = resting > 0 ? [screen.theme.dim(`${resting} other${resting === 1 ? ' is' : 's are'} healthy`)] : [];
  const lines = Math.max(1, room - others.length);
  const shown = watched.length <= lines ? watched : unfinishedFirst.slice(0, lines - 1);
  const hidden = watched.length - shown.length;
  const rest = hidden > 0 ? [screen.theme.dim(`…${hidden} more`), ...others] : others;

  const names = Math.max(...shown.map(({status}) => textWidth(nameIn(status, frame))));
  let spare = room - shown.length - rest.length;
  const needing = shown.filter(({ending}) => ending !== 'healthy').length;
  const blocks = shown.map(({situation, status, ending}) => {
    const head = oneLine(status, Math.min(names, Math.floor(screen.width * 0.5)), frame, screen);
    if (ending === 'healthy' || situation === undefined) return [head];
    const share = Math.min(spare, Math.max(1, Math.ceil((room - shown.length) / needing)));
    const about = aboutLines(status, {...screen, width: screen.width - 2}).slice(0, Math.min(2, share));
    const waiting = branchesOf(situation, screen.now).flatMap(({rows}) => rows.filter(({tone}) => tone !== 'good'));
    const lines = [...about.map((line) => `  ${line}`), ...renderRows(waiting, share - about.length, screen)];
    spare -= lines.length;
    return [head, ...lines];
  });
  const air = spare >= blocks.length && blocks.some((block) => block.length > 1) ? [''] : [];
  return [
    ...blocks.flatMap((block, i) => (i === 0 ? block : [...air, ...block])),
    ...(rest.length > 0 ? air : []),
    ...rest,
  ].slice(0, room);
}

const nameIn = ({workload}: RolloutStatus, {withNamespace}: Frame): string =>
  withNamespace ? `${workload.namespace} ${workloadName(workload)}` : workloadName(workload);

const SMALL_BAR = 10;

/** `… deployment/web   ███████░░░  7/10 updated, 8 available   revision 4 → 5` */
function oneLine(status: RolloutStatus, names: number, frame: Frame, screen: Screen): string {
  const {theme, width} = screen;
  const {phase, message, desired, updated, available} = status;
  const {full, empty} = bar(updated, desired, SMALL_BAR);
  const name: Part = [pad(nameIn(status, frame), names), theme.strong];
  const start: Part[] = [markOf(phase, screen), ' ', name, '  '];
  if (/^(is|was) /.test(message)) return fitParts([...start, [message, theme.wrong]], width);
  const counts = `  ${updated}/${desired} updated, ${available} available`;
  return fitParts(
    [
      ...start,
      [full, phase === 'healthy' ? theme.good : theme.waiting],
      [empty, theme.dim],
      counts,
      [`   ${transition(status)}`, theme.dim],
    ],
    width,
  );
}

function troubleLines({trouble, notes}: Picture, {theme, width}: Screen): string[] {
  const lines = [...notes, ...(trouble === undefined ? [] : [`reconnecting: ${trouble}`])];
  return lines.map((line) => fitParts([[line, theme.dim]], width));
}

/** `elapsed 14s · deadline in 9m46s · timeout in 9m46s` */
function clocks({startedAt, timeoutAt, watched}: Picture, {theme, width, now}: Screen): string {
  const deadlines = watched.flatMap(({ending, deadline}) => (ending === undefined && deadline !== undefined ? [deadline] : []));
  const left = [
    ...(deadlines.length > 0 ? [['deadline', Math.min(...deadlines) - now] as const] : []),
    ...(timeoutAt === undefined ? [] : [['timeout', timeoutAt - now] as const]),
  ];
  const elapsed = duration(now - startedAt);
  const long = [`elapsed ${elapsed}`, ...left.map(([clock, ms]) => `${clock} in ${duration(ms)}`)].join(' · ');
  const short = [elapsed, ...left.map(([clock, ms]) => `${clock} ${duration(ms)}`)].join(' · ');
  return fitParts([[textWidth(long) <= width ? long : short, theme.dim]], width);
}
