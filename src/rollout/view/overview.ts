import {cut, cutMiddle, pad} from '../../text/fit.ts';
import {printable} from '../../text/printable.ts';
import type {Screen} from '../../text/screen.ts';
import {textWidth} from '../../text/width.ts';
import type {RolloutOverview} from '../overview.ts';
import type {RolloutStatus} from '../status.ts';
import {workloadKinds} from '../workload.ts';
import {extentOf, markOf, reasonWords} from './status.ts';

/** Only what is unhealthy, a line each, worst first; else one line that says that nothing is. */
export function renderOverview(overview: RolloutOverview, screen: Screen): string {
  const {unhealthy, total, healthy, namespace, named, selector, notes} = overview;
  const place = namespace === undefined ? ' in all namespaces' : ` in namespace ${namespace}`;
  const where = named ? '' : `${selector === undefined ? '' : ` with ${selector}`}${place}`;
  return [
    ...table(unhealthy, namespace === undefined, screen),
    unhealthy.length === 0 ? allWell(total, where, screen) : screen.theme.dim(`${healthy} of ${total} healthy${where}`),
    ...notes.map((note) => screen.theme.dim(note)),
  ].join('\n');
}

function allWell(total: number, where: string, {theme}: Screen): string {
  if (total === 0) return `no Deployment, StatefulSet or DaemonSet${where}`;
  return `${theme.good('✓')} ${total === 1 ? 'the one workload is' : `all ${total} workloads are`} healthy${where}`;
}

/** No column takes more than this share of the line from the cause. */
const NAME_SHARE = 0.3;

function table(unhealthy: readonly RolloutStatus[], withNamespace: boolean, screen: Screen): string[] {
  const most = Math.max(12, Math.floor(screen.width * NAME_SHARE));
  const rows = unhealthy.map((status) => ({
    status,
    namespace: withNamespace ? cutMiddle(status.workload.namespace, Math.min(most, 20)) : '',
    name: cutMiddle(`${workloadKinds[status.workload.kind].short}/${status.workload.name}`, most),
    serving: `${status.available}/${status.desired}`,
  }));
  const widest = (text: (row: (typeof rows)[number]) => string) => Math.max(0, ...rows.map((row) => textWidth(text(row))));
  const namespaces = widest(({namespace}) => namespace);
  const names = widest(({name}) => name);
  const servings = widest(({serving}) => serving);
  return rows.map(({status, namespace, name, serving}) => {
    const {theme} = screen;
    const before = `${namespaces > 0 ? `${pad(namespace, namespaces)}  ` : ''}${pad(name, names)}  `;
    const counts = `${' '.repeat(servings - textWidth(serving))}${serving}  `;
    const room = screen.width - 2 - textWidth(before) - textWidth(counts);
    const colour = status.phase === 'failed' ? theme.wrong : theme.waiting;
    return `${markOf(status.phase, screen)} ${before}${theme.dim(counts)}${colour(cut(why(status, screen.now), room))}`;
  });
}

/** The top cause, or what the rollout waits for where none is known. */
function why({causes: [cause], message}: RolloutStatus, now: number): string {
  if (cause === undefined) return message;
  const extent = extentOf(cause, now);
  return printable(`${reasonWords(cause.reason)}: ${cause.message}${extent && ` (${extent})`}`);
}
