import {warningLines} from '../../rollout/view/warnings.ts';
import {bytes} from '../../text/bytes.ts';
import {counted} from '../../text/plural.ts';
import type {Screen} from '../../text/screen.ts';
import type {ConfigCreate} from './create.ts';
import type {ConfigObject} from './object.ts';
import type {Replacement} from './replacement.ts';

/** What was made and where, without a value of it. */
export function renderCreate(report: ConfigCreate, screen: Screen): string {
  const {theme} = screen;
  const {object, context, namespace, outcome, replacement, dryRun, undoCommand} = report;
  const place = [namespace, context].filter((part) => part !== null).join(' · ');
  const title = [theme.strong(nameOf(object)), ...(place ? [theme.dim(place)] : []), outcomeOf(report)].join('  ');
  if (dryRun !== 'none') {
    const asked =
      dryRun === 'server' ? 'the API server would take it' : 'the API server was not asked, not even whether there is one';
    const details =
      outcome === 'replaced' && replacement
        ? [...replacementLines(replacement), ...warningLines(replacement.warnings, screen)]
        : sizes(object);
    return [`${theme.dim('·')} ${title}`, ...details, `  ${theme.dim(`nothing was changed: dry run, ${asked}`)}`].join('\n');
  }
  return [
    `${theme.good('✓')} ${title}`,
    ...(outcome === 'replaced' && replacement ? replacementLines(replacement) : []),
    ...(undoCommand ? [`  undo  ${undoCommand}`] : []),
    ...(outcome === 'replaced' && !undoCommand ? [`  ${theme.dim(lost(replacement))}`] : []),
  ].join('\n');
}

const lost = (replacement: Replacement | null): string =>
  replacement?.metadata.includes('immutable')
    ? 'it is immutable now, and nothing undoes that'
    : 'what it held before is not kept: --backup FILE would have';

/** What a replacement will do, before it is asked for. */
export function renderReplacement(object: ConfigObject, replacement: Replacement, where: string, screen: Screen): string {
  const {theme} = screen;
  return [
    `${theme.strong(nameOf(object))}  ${theme.dim(where)}  is there, and differs`,
    ...replacementLines(replacement),
    ...warningLines(replacement.warnings, screen),
  ].join('\n');
}

function outcomeOf({outcome, object, dryRun}: ConfigCreate): string {
  const would = dryRun !== 'none';
  if (outcome === 'skipped') return 'is there already: left as it is';
  if (outcome === 'unchanged') return 'is so already: nothing to change';
  if (outcome === 'replaced') return would ? 'would be replaced' : 'replaced';
  const type = object.kind === 'Secret' && object.type && object.type !== 'Opaque' ? `, ${object.type}` : '';
  const done = {none: 'created', server: 'would be created', client: 'would be sent'}[dryRun];
  return `${done}: ${totalOf(object)}${type}${object.immutable ? ', immutable' : ''}`;
}

function replacementLines({added, changed, removed, metadata}: Replacement): string[] {
  return [
    ...added.map((key) => `  + ${key}`),
    ...changed.map((key) => `  ~ ${key}`),
    ...removed.map((key) => `  - ${key}`),
    ...metadata.map((what) => `  ~ ${what}`),
  ];
}

function sizes(object: ConfigObject): string[] {
  const all = sizesOf(object);
  const column = Math.max(0, ...all.map(([key]) => key.length));
  return all.map(([key, size]) => `  ${key.padEnd(column)}  ${size === 1 ? '1 byte' : bytes(size)}`);
}

function totalOf(object: ConfigObject): string {
  const all = sizesOf(object);
  const total = all.reduce((sum, [, size]) => sum + size, 0);
  return all.length === 0 ? 'no keys' : `${counted(all.length, 'key')}, ${total === 1 ? '1 byte' : bytes(total)}`;
}

function sizesOf(object: ConfigObject): (readonly [string, number])[] {
  const binary = object.kind === 'Secret' ? object.data : object.binaryData;
  const text = object.kind === 'Secret' ? {} : object.data;
  return [
    ...Object.entries(text ?? {}).map(([key, value]) => [key, Buffer.byteLength(value)] as const),
    ...Object.entries(binary ?? {}).map(([key, value]) => [key, Buffer.byteLength(value, 'base64')] as const),
  ].sort(([a], [b]) => (a < b ? -1 : 1));
}

const nameOf = ({kind, metadata}: ConfigObject): string => `${kind.toLowerCase()}/${metadata.name}`;
