import {bytes} from '../../text/bytes.ts';
import {counted} from '../../text/plural.ts';
import {namedRows} from '../../text/rows.ts';
import type {Screen} from '../../text/screen.ts';
import type {EtcdScrub} from '../scrub.ts';
import {DRY_RUN} from './words.ts';

/** What will be done, before it is asked for. */
export function renderScrubPlan({context, etcd, revision, members}: EtcdScrub, {theme, width}: Screen): string {
  return [
    `${theme.strong(`Scrub etcd of ${context}`)}  ${theme.dim(etcd)}`,
    ...namedRows(
      [
        ['compact', `forgets every revision before the present one (${revision} now); watches that lag behind start anew`],
        [
          'defragment',
          `${counted(members.length, 'member')}, one at a time, the leader last; each answers nothing meanwhile`,
          ...members.map(({name, isLeader, before}) => `${name}${isLeader ? ', the leader' : ''}  ${bytes(before)}`),
        ],
        ['stays', 'backups, the write-ahead log until etcd has cut it, and blocks that the file system has given up'],
      ],
      width,
    ),
  ].join('\n');
}

export function renderScrub(report: EtcdScrub, screen: Screen): string {
  const {theme} = screen;
  const {revision, dryRun, members} = report;
  if (dryRun) return `${renderScrubPlan(report, screen)}\n${theme.dim(DRY_RUN)}`;
  return [
    `${theme.good('✓')} ${theme.strong(`etcd keeps nothing from before revision ${revision}`)}`,
    ...members.map(
      ({name, before, after, seconds}) =>
        `  ${name}  ${bytes(before)} → ${bytes(after ?? before)}, ${(seconds ?? 0).toFixed(1)} s`,
    ),
    '  check: kops encrypt-at-rest verify --residue',
  ].join('\n');
}
