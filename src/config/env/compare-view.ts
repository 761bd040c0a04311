import {pad, wrap} from '../../text/fit.ts';
import {printable} from '../../text/printable.ts';
import type {Screen} from '../../text/screen.ts';
import {textWidth} from '../../text/width.ts';
import {MASK} from '../container/expand.ts';
import {type Target, targetName} from '../container/target.ts';
import type {Comparison, Difference} from './compare.ts';
import {sourceWords} from './words.ts';

/** What a running container has otherwise than it would get now, by what is to be done about it. */
export function renderComparison({pod, via, same, differences}: Comparison, workload: Target, screen: Screen): string {
  const {theme, width} = screen;
  const isOld = differences.some(({state}) => state === 'stale' || state === 'absent');
  const column = Math.min(24, Math.max(0, ...differences.map(({name}) => textWidth(name))));
  const rows = differences.flatMap((difference) => {
    const name = printable(difference.name);
    const lines = wrap(wordsOf(difference), width - column - 4);
    const mark = ORDER[difference.state] === 0 ? theme.waiting('⚠') : theme.dim('+');
    const head =
      textWidth(name) > column ? [`${mark} ${name}`, ...lines.map((line) => `${' '.repeat(column + 4)}${line}`)] : undefined;
    return head ?? lines.map((line, i) => `${i === 0 ? mark : ' '} ${pad(i === 0 ? name : '', column)}  ${line}`);
  });
  const summary = `${theme.strong('running')}  pod/${pod}, by ${via}: ${same} of ${same + differences.filter(isOwn).length} as they would be`;
  return [summary, ...rows, ...(isOld ? [theme.dim(`→ ${restart(workload, pod)}`)] : [])].join('\n');
}

const ORDER: Readonly<Record<Difference['state'], number>> = {stale: 0, absent: 0, extra: 1, program: 1};
const isOwn = ({state}: Difference): boolean => ORDER[state] === 0;

function wordsOf({state, source, expected, actual, secret}: Difference): string {
  const told = (text: string | undefined) =>
    text === undefined ? (secret ? MASK : 'a value') : quotedUnlessMasked(printable(text));
  const from = source === undefined ? '' : `, ${sourceWords(source)}`;
  if (state === 'stale') return `stale: it has ${told(actual)}, a start now gives ${told(expected)}${from}`;
  if (state === 'absent') return `not there: defined since it started${from}`;
  const value = actual === undefined ? '' : `: ${told(actual)}`;
  if (state === 'extra') return `of the image or the runtime, or no longer defined${value}`;
  return `set by the container's own program${value}`;
}

const quotedUnlessMasked = (text: string): string => (text === MASK ? text : `"${text}"`);

const ROLLED_OUT = ['Deployment', 'StatefulSet', 'DaemonSet'];

const restart = (workload: Target, pod: string): string =>
  ROLLED_OUT.includes(workload.kind)
    ? `a restart brings it up to date: kops rollout restart ${targetName(workload)} -n ${workload.namespace}`
    : `a container reads its variables once, when it starts: let pod/${pod} be made anew`;
