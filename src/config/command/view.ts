import {pad, wrap} from '../../text/fit.ts';
import {printable} from '../../text/printable.ts';
import type {Screen} from '../../text/screen.ts';
import {textWidth} from '../../text/width.ts';
import {targetName} from '../container/target.ts';
import {sourceWords} from '../env/words.ts';
import {type CommandRow, ROWS} from './compose.ts';
import type {EffectiveCommand} from './report.ts';

/** What image and template say, the row of the table that applies, what runs, and what is likely not meant so. */
export function renderCommand(report: EffectiveCommand, screen: Screen): string {
  const {imageConfig, imageUnknown, command, args, shown, secret, hints, errors, unknown} = report;
  const {theme} = screen;
  const image =
    imageConfig === undefined
      ? [theme.dim(`unknown: ${printable(imageUnknown ?? '')}`)]
      : [`ENTRYPOINT ${list(imageConfig.entrypoint)}`, `CMD ${list(imageConfig.cmd)}`, theme.dim(printable(imageConfig.source))];
  return [
    renderTitle(report, screen),
    ...labelled('image', image, screen),
    ...labelled('template', [`command ${list(command)}`, `args ${list(args)}`], screen),
    '',
    ...renderTable(report, screen),
    '',
    ...labelled('runs', shown.length > 0 ? [theme.strong(list(shown))] : [theme.wrong('nothing')], screen),
    ...(secret && report.argv === undefined ? [theme.dim("          --reveal shows Secrets' values")] : []),
    ...errors.flatMap(({name, message, fix}) =>
      note(theme.wrong('✗'), `${name === undefined ? '' : `${name}: `}${message}: the container will not start`, fix, screen),
    ),
    ...unknown.flatMap(({source, why}) =>
      note(theme.waiting('?'), `${sourceWords(source)} is not known: ${why}`, undefined, screen),
    ),
    ...hints.flatMap(({message, fix}) => note(theme.waiting('⚠'), message, fix, screen)),
  ].join('\n');
}

function renderTitle({workload, container, containerType, others, image}: EffectiveCommand, {theme}: Screen): string {
  const role = {app: 'container', init: 'init container', sidecar: 'sidecar container', ephemeral: 'ephemeral container'}[
    containerType
  ];
  const rest = others.length > 0 ? [theme.dim(`other containers: ${printable(others.join(', '))}`)] : [];
  return [
    `${theme.strong(printable(targetName(workload)))}  ${printable(`${workload.namespace}  ${role} ${container}  ${image}`)}`,
    ...rest,
  ].join('\n');
}

/** A list as a manifest has it. */
const list = (words: readonly string[]): string =>
  words.length === 0
    ? '-'
    : `[${words.map((word) => (word.startsWith('<') ? printable(word) : JSON.stringify(printable(word)))).join(', ')}]`;

/** The texts on one line behind their label, or where they do not fit, one below the other. */
function labelled(label: string, texts: readonly string[], {width}: Screen): string[] {
  const line = `${pad(label, 8)}  ${texts.join('  ')}`;
  if (textWidth(line) <= width) return [line];
  return texts.map((text, i) => `${pad(i === 0 ? label : '', 8)}  ${text}`);
}

const CELLS: Readonly<Record<CommandRow, readonly [command: string, args: string]>> = {
  neither: ['-', '-'],
  args: ['-', 'set'],
  command: ['set', '-'],
  both: ['set', 'set'],
};

function renderTable({row}: EffectiveCommand, {theme}: Screen): string[] {
  const line = (cells: readonly string[], mark = ' ') =>
    `${mark} ${cells
      .map((cell) => pad(cell, 9))
      .join('')
      .trimEnd()}`;
  const rows = (Object.keys(ROWS) as CommandRow[]).map((name) => {
    const [command, args] = CELLS[name];
    const what = ROWS[name].join(' + ') + (name === 'command' ? '  (CMD is dropped)' : '');
    return name === row ? theme.strong(line([command, args, what], '▸')) : theme.dim(line([command, args, what]));
  });
  return [theme.dim(line(['command', 'args', 'what runs'])), ...rows];
}

function note(mark: string, text: string, fix: string | undefined, {theme, width}: Screen): string[] {
  const lines = wrap(printable(text), width - 2).map((line, i) => `${i === 0 ? mark : ' '} ${line}`);
  return [...lines, ...(fix === undefined ? [] : wrap(`→ ${printable(fix)}`, width - 2).map((line) => `  ${theme.dim(line)}`))];
}
