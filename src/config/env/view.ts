import {fitParts, type Part, pad, wrap} from '../../text/fit.ts';
import {counted} from '../../text/plural.ts';
import {printable} from '../../text/printable.ts';
import type {Screen} from '../../text/screen.ts';
import {textWidth} from '../../text/width.ts';
import {MASK} from '../container/expand.ts';
import {targetName} from '../container/target.ts';
import {renderComparison} from './compare-view.ts';
import type {EffectiveEnv, EnvError, NotCompared, Shadow, Skipped, Variable} from './report.ts';
import {sourceWords} from './words.ts';

/** A line for each variable with where it comes from; below it what it covers and what is odd. Service links are counted. */
export function renderEnv(report: EffectiveEnv, screen: Screen): string {
  const {variables, errors, skipped, unknown} = report;
  const own = variables.filter(({source}) => source.type !== 'service');
  const unnamed = errors.filter(({name}) => name === undefined);
  const rows: Row[] = [...own.map(variableRow), ...errors.filter(({name}) => name !== undefined).map(errorRow)];
  const columns = columnsOf(rows, screen.width);
  return [
    renderTitle(report, screen),
    ...rows.flatMap((row) => renderRow(row, columns, screen)),
    ...(own.length === 0 && errors.length === 0 && unknown.length === 0 ? [screen.theme.dim('it defines no variables')] : []),
    ...renderLinks(
      variables.filter(({source}) => source.type === 'service'),
      screen,
    ),
    ...unnamed.flatMap(({source, message, fix}) =>
      marked(screen.theme.wrong('✗'), `${sourceWords(source)}: ${message}: the container will not start`, fix, screen),
    ),
    ...skipped.flatMap((skip) => marked(screen.theme.dim('-'), `skipped ${placeWords(skip)}: ${skip.reason}`, undefined, screen)),
    ...unknown.flatMap(({source, why}) =>
      marked(screen.theme.waiting('?'), `${sourceWords(source)} is not known: ${why}`, undefined, screen),
    ),
    ...(report.comparison ? ['', renderComparison(report.comparison, report.workload, screen)] : []),
    ...(report.notCompared ? ['', ...renderNotCompared(report.notCompared, screen)] : []),
  ].join('\n');
}

function renderTitle({workload, container, containerType, others, pod}: EffectiveEnv, {theme, width}: Screen): string {
  const role = containerType === 'app' ? 'container' : containerType === 'init' ? 'init container' : `${containerType} container`;
  const title = `${theme.strong(printable(targetName(workload)))}  ${printable(`${workload.namespace}  ${role} ${container}`)}`;
  const when =
    pod === undefined ? 'from the next start of a pod' : workload.kind === 'Pod' ? 'from its next start' : `pod ${pod}`;
  const gap = width - textWidth(title) - when.length;
  const rest = others.length > 0 ? [theme.dim(`other containers: ${printable(others.join(', '))}`)] : [];
  return [gap >= 2 ? `${title}${' '.repeat(gap)}${theme.dim(when)}` : title, ...rest].join('\n');
}

interface Row {
  readonly name: string;
  readonly value: string;
  readonly sort: 'plain' | 'dim' | 'wrong';
  readonly source: string;
  readonly below: readonly {readonly text: string; readonly sort: 'dim' | 'waiting' | 'wrong'}[];
}

const variableRow = ({name, value, shown, secret, source, shadows, warnings}: Variable): Row => ({
  name: printable(name),
  value: shown === '' ? '(empty)' : printable(shown),
  sort: shown === '' || (value === undefined && !secret) ? 'dim' : 'plain',
  source: sourceWords(source),
  below: [
    ...shadows.map((shadow) => ({text: `shadows ${shadowWords(shadow)}`, sort: 'dim' as const})),
    ...warnings.map((text) => ({text: `⚠ ${printable(text)}`, sort: 'waiting' as const})),
  ],
});

const errorRow = ({name = '', source, message, fix}: EnvError): Row => ({
  name: printable(name),
  value: /no key|not exist/.test(message) ? '✗ missing' : '✗ error',
  sort: 'wrong',
  source: sourceWords(source),
  below: [
    {text: `${printable(message)}: the container will not start`, sort: 'wrong'},
    ...(fix === undefined ? [] : [{text: `→ ${printable(fix)}`, sort: 'dim' as const}]),
  ],
});

const shadowWords = ({source, value, secret}: Shadow): string =>
  `${value === undefined ? (secret ? MASK : 'a value') : `"${printable(value)}"`} from ${sourceWords(source)}`;

const placeWords = ({name, source}: Pick<Skipped, 'name' | 'source'>): string => {
  if (name === undefined) return sourceWords(source);
  return source.type === 'value' ? printable(name) : `${printable(name)} of ${sourceWords(source)}`;
};

interface Columns {
  readonly name: number;
  readonly value: number;
}

function columnsOf(rows: readonly Row[], width: number): Columns {
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(textWidth));
  const name = Math.min(widest(rows.map((row) => row.name)), Math.max(12, Math.floor(width / 3)));
  const source = widest(rows.map((row) => row.source));
  return {name, value: Math.max(12, Math.min(widest(rows.map(({value}) => value)), width - name - source - 4))};
}

/** A value that is too long has its source on the line below: values are what is looked for, and are never cut short. */
function renderRow({name, value, sort, source, below}: Row, columns: Columns, {theme, width}: Screen): string[] {
  const style = {plain: (t: string) => t, dim: theme.dim, wrong: theme.wrong}[sort];
  const indent = ' '.repeat(columns.name + 2);
  const first = `${pad(name, columns.name)}  `;
  const notes = below.flatMap(({text, sort: colour}) =>
    wrap(text, width - indent.length).map((line) => `${indent}${theme[colour](line)}`),
  );
  const fits = textWidth(name) <= columns.name && textWidth(value) <= columns.value;
  if (fits) {
    const parts: Part[] = [first, [pad(value, columns.value), style], '  ', [source, theme.dim]];
    return [fitParts(parts, width).trimEnd(), ...notes];
  }
  const head = textWidth(name) <= columns.name ? [`${first}${style(value)}`] : [name, `${indent}${style(value)}`];
  return [...head, `${indent}${theme.dim(source)}`, ...notes];
}

/** What assignments for a shell do not say, a line each. `left`: names that cannot be assigned. */
export function renderLeftOut(report: EffectiveEnv, left: readonly string[], {theme}: Screen): string[] {
  const {errors, skipped, unknown, notCompared} = report;
  const mark = theme.waiting('⚠');
  return [
    ...errors.map((error) => {
      const {message, fix} = error;
      return `${theme.wrong('✗')} ${placeWords(error)}: ${printable(message)}: the container will not start${fix === undefined ? '' : `; ${printable(fix)}`}`;
    }),
    ...(left.length > 0 ? [`${mark} left out, not possible as a shell variable: ${printable(left.join(', '))}`] : []),
    ...skipped.map((skip) => `${mark} skipped ${placeWords(skip)}: ${printable(skip.reason)}`),
    ...unknown.map(({source, why}) => `${mark} left out, ${sourceWords(source)}: ${printable(why)}`),
    ...(notCompared === undefined ? [] : [`${mark} not compared: ${printable(notCompared.message)}`]),
  ];
}

function renderLinks(links: readonly Variable[], screen: Screen): string[] {
  if (links.length === 0) return [];
  const services = [...new Set(links.flatMap(({source}) => source.object?.replace('service/', '') ?? []))];
  const text = `${counted(links.length, 'variable')} for the service${services.length > 1 ? 's' : ''} ${services.join(', ')}: -o json lists them`;
  return marked(screen.theme.dim('+'), text, undefined, screen);
}

function renderNotCompared({message, why, next}: NotCompared, screen: Screen): string[] {
  const words = `not compared with what runs: ${message}${why === undefined ? '' : `: ${why.replaceAll('\n', '; ')}`}`;
  return marked(screen.theme.waiting('⚠'), words, next, screen);
}

function marked(mark: string, text: string, fix: string | undefined, {theme, width}: Screen): string[] {
  const lines = wrap(printable(text), width - 2).map((line, i) => `${i === 0 ? mark : ' '} ${line}`);
  return [...lines, ...(fix === undefined ? [] : wrap(`→ ${printable(fix)}`, width - 2).map((line) => `  ${theme.dim(line)}`))];
}
