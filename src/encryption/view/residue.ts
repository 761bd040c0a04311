import {bytes} from '../../text/bytes.ts';
import {pad, wrap} from '../../text/fit.ts';
import {counted} from '../../text/plural.ts';
import type {Screen} from '../../text/screen.ts';
import {textWidth} from '../../text/width.ts';
import type {Residue} from '../residue.ts';
import type {ResidueFile} from '../residue-files.ts';

/** Where plaintext of earlier times was looked for, and what was found. */
export function renderResidue({revisions, files, skipped, ok, onlyLog, next}: Residue, screen: Screen): string {
  const {theme} = screen;
  const {from, to, checked, plaintext, complete} = revisions;
  const isFound = plaintext > 0 || files.some((file) => file.plaintext > 0);
  const title = ok
    ? `${theme.good('✓')} ${theme.strong('no plaintext is left of earlier times')}`
    : onlyLog
      ? `${theme.waiting('…')} ${theme.strong("plaintext of earlier times is left in etcd's write-ahead log only")}`
      : `${theme.wrong('✗')} ${theme.strong(isFound ? 'plaintext of earlier times is left' : 'not everything could be looked at for plaintext of earlier times')}`;
  const found = plaintext === 0 ? theme.good('none') : theme.wrong(`${plaintext} in plaintext`);
  const limit = complete ? '' : ', and there are more: kops stopped there';
  return [
    title,
    `  ${pad('revisions', KIND)}  ${found}  ${theme.dim(`${from} to ${to}: ${counted(checked, 'superseded value')}${limit}`)}`,
    ...files.flatMap((file) => [...fileLines(file, screen), ...logLines(file, screen)]),
    ...(skipped.length === 0
      ? []
      : [
          theme.dim(`  ${pad('snapshots', KIND)}  ${skipped.length} here that may be of another cluster: not looked into`),
          theme.dim(`  ${pad('', KIND)}  name one that is not: --snapshot FILE`),
        ]),
    ...(next === null
      ? []
      : next.startsWith('kops ')
        ? [`  try: ${next}`]
        : wrap(next, screen.width - 2).map((line) => `  ${line}`)),
  ].join('\n');
}
const KIND = 'write-ahead log'.length;

function fileLines({kind, where, bytes: size, plaintext, problem}: ResidueFile, {theme, width}: Screen): string[] {
  const found =
    problem !== null
      ? theme.waiting(`not looked at: ${problem}`)
      : plaintext === 0
        ? theme.good('none')
        : theme.wrong(`${plaintext} in plaintext`);
  const [told, place] = [`  ${pad(kind, KIND)}  ${found}`, `${where}, ${bytes(size)}`];
  if (textWidth(told) + 2 + textWidth(place) <= width) return [`${told}  ${theme.dim(place)}`];
  return [told, `  ${pad('', KIND)}  ${theme.dim(place)}`];
}

/** Nobody but etcd can take anything out of its log. Source: purgeFile in etcd's server/etcdserver/server.go, SegmentSizeBytes in server/storage/wal. */
function logLines({plaintext, log}: ResidueFile, {theme, width}: Screen): string[] {
  if (plaintext === 0 || log === undefined) return [];
  const {later, keeps} = log;
  const when =
    keeps === 0
      ? 'etcd never drops it: it runs with --max-wals=0'
      : later < keeps
        ? `etcd drops it by itself once it has written ${keeps - later} more of these files, of 64 MB each`
        : 'etcd drops it by itself once its next snapshot of its own holds all that is in it';
  return wrap(when, width - KIND - 4).map((line) => theme.dim(`  ${pad('', KIND)}  ${line}`));
}
