import {duration, wholeDuration} from '../../text/duration.ts';
import {wrap} from '../../text/fit.ts';
import type {Screen} from '../../text/screen.ts';
import {namespaceOf, type Target} from '../collect.ts';
import type {Picture} from '../watch.ts';
import type {Watched} from '../watch-fold.ts';
import {workloadName, workloadWords} from '../workload.ts';
import {headline, renderStatus} from './status.ts';

/** What stays on the screen when a watch has ended: a line for what is rolled out, all that is known about what is not. */
export function renderEnd({watched, resting, conclusion, startedAt, timeoutAt}: Picture, screen: Screen): string {
  const {theme, now} = screen;
  if (watched.length === 0) {
    return `${theme.good('✓')} ${resting === 1 ? 'the one workload is' : `all ${resting} workloads are`} healthy`;
  }
  const blocks = watched.map(({status, ending, clock}) => {
    if (ending === 'healthy') return doneLine(status, now - startedAt, screen);
    return [renderStatus(status, screen), ...(clock ? [theme.dim('  its progressDeadlineSeconds ran out')] : [])].join('\n');
  });
  const timedOut = conclusion?.outcome === 'timed out' && timeoutAt !== undefined;
  return [...blocks, ...(timedOut ? [timeoutLine(watched, timeoutAt - startedAt, screen)] : [])].join('\n');
}

/** `✓ deployment/web rolled out: revision 5 (web:2.0), 10 of 10 available, 31s`; without the time where there was nothing to wait for. */
const doneLine = (status: Watched['status'], took: number, screen: Screen): string =>
  headline(took < 1000 ? status : {...status, message: `${status.message}, ${duration(took)}`}, screen);

function timeoutLine(watched: readonly Watched[], timeout: number, {theme, width, now}: Screen): string {
  const deadlines = watched.flatMap(({ending, deadline}) => (ending !== 'healthy' && deadline !== undefined ? [deadline] : []));
  const other = deadlines.length > 0 ? `; progressDeadlineSeconds has ${duration(Math.min(...deadlines) - now)} left` : '';
  return wrap(`timed out after ${wholeDuration(timeout)}: that is --timeout${other}`, width)
    .map((line) => theme.waiting(line))
    .join('\n');
}

/** For who stops watching: that the cluster goes on, and how to come back. */
export function renderInterrupted({watched}: Pick<Picture, 'watched'>, again: string, {theme, width}: Screen): string {
  const going = watched.filter(({ending}) => ending === undefined).map(({status}) => status.workload);
  if (going.length === 0) return theme.dim('stopped watching');
  const what = going.length === 1 ? `the rollout of ${going.map(workloadName)[0]} goes on` : `${going.length} rollouts go on`;
  return [...wrap(`stopped watching; ${what} in the cluster`, width), ...wrap(`to come back: ${again}`, width)].join('\n');
}

/** What to type to watch a target again. Names in several namespaces need a line each. */
export function watchAgain(target: Target): string {
  if ('refs' in target) {
    if (target.refs.length === 1 || namespaceOf(target) === undefined) {
      return target.refs.map((ref) => `kops rollout watch ${workloadWords(ref)}`).join('; ');
    }
    return `kops rollout watch ${target.refs.map(workloadName).join(' ')} -n ${namespaceOf(target)}`;
  }
  const {namespace, labelSelector} = target.query;
  const where = namespace === undefined ? '-A' : `-n ${namespace}`;
  return ['kops rollout watch', where, ...(labelSelector === undefined ? [] : [`-l '${labelSelector}'`])].join(' ');
}
