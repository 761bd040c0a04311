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
  const extras = differences.filter(({state}) => state === 'extra').map(({name}) => printable(name));
  const rows = differences.filter(({state}) => state !== 'extra');
  const column = Math.min(24, Math.max(0, ...rows.map(({name}) => textWidth(name))));
  const old = rows.filter(({state}) => state !== 'program');
  return [
    `${theme.strong('running')}  pod/${pod}, by ${via}: ${same} of ${same + old.length} as they would be`,
    ...rows.flatMap((difference) => {
      const name = printable(difference.name);
      const mark = difference.state === 'program' ? theme.dim('+') : theme.waiting('⚠');
      const lines = wrap(wordsOf(difference), width - column - 4);
      if (textWidth(name) > column) return [`${mark} ${name}`, ...lines.map((line) => `${' '.repeat(column + 4)}${line}`)];
      return lines.map((line, i) => `${i === 0 ? mark : ' '} ${pad(i === 0 ? name : '', column)}  ${line}`);
    }),
    ...(extras.length > 0
      ? wrap(`of the image, of the runtime, or no longer defined: ${extras.join(', ')}`, width - 2).map(
          (line, i) => `${i === 0 ? theme.dim('+') : ' '} ${theme.dim(line)}`,
        )
      : []),
    ...(old.length > 0 ? [theme.dim(`→ ${restart(workload, pod)}`)] : []),
  ].join('\n');
}

function wordsOf({state, source, expected, actual, secret}: Difference): string {
  const told = (text: string | undefined) =>
    text === undefined ? (secret ? MASK : 'a value') : quotedUnlessMasked(printable(text));
  const from = source === undefined ? '' : `, ${sourceWords(source)}`;
  if (state === 'stale') return `stale: it has ${told(actual)}, a start now gives ${told(expected)}${from}`;
  if (state === 'absent') return `not there: defined since it started${from}`;
  return `set by the container's own program${actual === undefined ? '' : `: ${told(actual)}`}`;
}

const quotedUnlessMasked = (text: string): string => (text === MASK ? text : `"${text}"`);

const ROLLED_OUT = ['Deployment', 'StatefulSet', 'DaemonSet'];

const restart = (workload: Target, pod: string): string =>
  ROLLED_OUT.includes(workload.kind)
    ? `a restart brings it up to date: kops rollout restart ${targetName(workload)} -n ${workload.namespace}`
    : `a container reads its variables once, when it starts: let pod/${pod} be made anew`;
