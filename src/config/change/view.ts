import {structuredPatch} from 'diff';
import {dryRunLine} from '../../rollout/view/place.ts';
import {warningLines} from '../../rollout/view/warnings.ts';
import {type WorkloadRef, workloadWords} from '../../rollout/workload.ts';
import {bytes} from '../../text/bytes.ts';
import {enumerate} from '../../text/enumerate.ts';
import {pad} from '../../text/fit.ts';
import {counted} from '../../text/plural.ts';
import {printable} from '../../text/printable.ts';
import type {Screen} from '../../text/screen.ts';
import {asText} from '../read/base64.ts';
import type {User} from '../usage/user.ts';
import type {Proposal} from './edit.ts';
import type {ConfigChange} from './report.ts';
import type {KeyChange, Values} from './values.ts';

const SIGN = {added: '+', changed: '~', removed: '-'} as const;

/** What a save would do, before it is asked for. `reveal`: with the values; a Secret's are else told by their sizes. */
export function renderProposal(
  {object, before, after, keys, warnings, renamed, theirs}: Proposal,
  {where, reveal}: {readonly where: string; readonly reveal: boolean},
  screen: Screen,
): string {
  const {theme} = screen;
  const kind = object.kind.toLowerCase();
  const {name} = object.metadata;
  return [
    `${theme.strong(`${kind}/${name}`)}  ${theme.dim(where)}${renamed === null ? '' : `  is immutable: a new ${kind}/${renamed}`}`,
    ...(reveal ? keys.flatMap((key) => diffLines(key, before, after, screen)) : sizeLines(keys, screen)),
    ...theirsLine(theirs, screen),
    ...warningLines(warnings, screen),
  ].join('\n');
}

function sizeLines(keys: readonly KeyChange[], {theme}: Screen): string[] {
  const column = Math.max(0, ...keys.map(({key}) => key.length));
  const size = (count: number) => (count === 1 ? '1 byte' : bytes(count));
  return keys.map(({key, change, before, after}) => {
    const style = change === 'added' ? theme.good : change === 'removed' ? theme.wrong : theme.waiting;
    const sizes = [before, after].flatMap((count) => (count === null ? [] : size(count)));
    const same = change === 'changed' && before === after ? `${sizes[0]}, other ones` : sizes.join(' → ');
    return `  ${style(`${SIGN[change]} ${pad(key, column)}`)}  ${same}`;
  });
}

/** Lines that differ: of more, nobody reads the difference, and finding it takes minutes. */
const MOST_LINES = 1000;

function diffLines(change: KeyChange, before: Values, after: Values, screen: Screen): string[] {
  const {theme} = screen;
  const [old, now] = [before.get(change.key), after.get(change.key)].map((value) => (value ? asText(value) : ''));
  if (old === undefined || now === undefined) return sizeLines([change], screen);
  const patch = structuredPatch('', '', old, now, undefined, undefined, {context: 3, maxEditLength: MOST_LINES});
  if (patch === undefined) return sizeLines([change], screen);
  const isEndTold = old.endsWith('\n') !== now.endsWith('\n') && change.change === 'changed';
  const lines = patch.hunks.flatMap(({lines: all}, i) => [
    ...(i === 0 ? [] : [theme.dim('      …')]),
    ...all.filter((line) => isEndTold || !line.startsWith('\\')).map(drawn),
  ]);
  return [`  ${theme.strong(`${SIGN[change.change]} ${change.key}`)}`, ...lines];

  function drawn(line: string): string {
    if (line.startsWith('\\')) return theme.dim('      (no newline at its end)');
    const text = `    ${line.slice(0, 1)} ${printable(line.slice(1))}`.trimEnd();
    return line.startsWith('+') ? theme.good(text) : line.startsWith('-') ? theme.wrong(text) : theme.dim(text);
  }
}

const theirsLine = (theirs: readonly string[], {theme}: Screen): string[] =>
  theirs.length === 0 ? [] : [`  ${theme.dim(`changed by others meanwhile, and kept: ${enumerate(theirs)}`)}`];

/** What was done, how it is undone, who will see it and when. `restarts`: they are about to be restarted. */
export function renderChange(report: ConfigChange, {restarts}: {readonly restarts: boolean}, screen: Screen): string {
  const {theme} = screen;
  const {object, context, outcome, keys, theirs, dryRun, warnings, notes, undoCommand, insteadOf} = report;
  const dry = dryRun !== 'none';
  const place = theme.dim(`${object.namespace} · ${context}`);
  const title = `${theme.strong(`${object.kind.toLowerCase()}/${object.name}`)}  ${place}  ${outcomeOf(report)}`;
  const undo =
    undoCommand !== null
      ? [`  undo  ${undoCommand}`]
      : outcome === 'changed' && !dry
        ? [`  ${theme.dim('what it held before is not kept: --backup FILE would have')}`]
        : [];
  return [
    `${dry ? theme.dim('·') : theme.good('✓')} ${title}`,
    ...(outcome === 'changed' ? sizeLines(keys, screen) : []),
    ...theirsLine(theirs, screen),
    ...(dry ? [`  ${dryRunLine(dryRun, theme)}`] : undo),
    ...(dry ? [] : warningLines(warnings, screen)),
    ...(insteadOf === null ? seenLines(report, restarts, screen) : oldUserLines(report, screen)),
    ...noteLines(notes, screen),
  ].join('\n');
}

/** Who will see it alone: what was done is told elsewhere. */
export const renderSeen = (report: ConfigChange, {restarts}: {readonly restarts: boolean}, screen: Screen): string =>
  [...seenLines(report, restarts, screen), ...noteLines(report.notes, screen)].join('\n');

const noteLines = (notes: readonly string[], {theme}: Screen): string[] =>
  notes.map((note) => `${theme.waiting('⚠')} ${printable(note)}`);

function outcomeOf({outcome, dryRun, keys, insteadOf, object}: ConfigChange): string {
  const would = dryRun === 'none' ? '' : 'would be ';
  if (outcome === 'unchanged') return 'nothing to change';
  if (outcome === 'exists')
    return `is there already, with these values; ${object.kind.toLowerCase()}/${insteadOf} stays as it is`;
  if (outcome === 'created') return `${would}created, immutable; ${object.kind.toLowerCase()}/${insteadOf} stays as it is`;
  return `${would}changed: ${counted(keys.length, 'key')}`;
}

function seenLines({users, restart, notes, outcome}: ConfigChange, restarts: boolean, {theme}: Screen): string[] {
  if (outcome !== 'changed') return [];
  if (users.length === 0) return notes.length > 0 ? [] : [`  ${theme.dim('nobody uses what changed')}`];
  const isHeld = ({workload: {kind, name}}: User) => restart.some((ref) => ref.kind === kind && ref.name === name);
  const live = users.filter((user) => user.updates === 'live' && !isHeld(user));
  const later = users.filter((user) => user.updates !== 'live' && !isHeld(user));
  return [
    ...namesLine('seen in about a minute by', live),
    ...namesLine('seen from the next start of a pod by', later),
    ...namesLine('seen only after a restart by', users.filter(isHeld)),
    ...(restarts ? [] : restart.map(restartLine)),
  ];
}

const restartLine = (ref: WorkloadRef): string => `  → kops rollout restart ${workloadWords(ref)}`;

/** Who was to be restarted, and was not because of Ctrl-C. */
export const renderLeft = (left: readonly WorkloadRef[], {theme}: Screen): string =>
  [`${theme.waiting('⚠')} interrupted: these were not restarted, and still have the old values`, ...left.map(restartLine)].join(
    '\n',
  );

function oldUserLines({users, notes, object, insteadOf}: ConfigChange, {theme}: Screen): string[] {
  if (users.length > 0)
    return [...namesLine(`still using ${insteadOf}:`, users), `  → let them use ${object.name}, then delete ${insteadOf}`];
  return notes.length > 0 ? [] : [`  ${theme.dim(`nobody uses ${object.kind.toLowerCase()}/${insteadOf}`)}`];
}

function namesLine(what: string, users: readonly User[]): string[] {
  const names = [...new Set(users.map(({workload: {kind, name}}) => printable(`${kind.toLowerCase()}/${name}`)))];
  return names.length === 0 ? [] : [`  ${what} ${enumerate(names)}`];
}
