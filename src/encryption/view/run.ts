import {enumerate} from '../../text/enumerate.ts';
import {namedRows} from '../../text/rows.ts';
import type {Screen} from '../../text/screen.ts';
import {textWidth} from '../../text/width.ts';
import {type OpenTransaction, RESUME_OR_ABORT} from '../open-transaction.ts';
import {commandFor} from '../resources.ts';
import {holderWords} from '../transaction/lock.ts';
import {ARCHIVE_FOLDER, type Transaction} from '../transaction/record.ts';
import {type EncryptionRun, isAsAsked} from '../transaction/transact.ts';
import {isKms, splitKms} from './words.ts';

/** What a change came to; its steps were on the screen while they ran. */
export function renderRun(run: EncryptionRun, {theme, width}: Screen): string {
  const {outcome, why, configurationFile, nodes, retired, operation, writeKey} = run;
  const rows: [string, ...string[]][] = [];
  const failed = why && [why.what, why.why].filter(Boolean).join(': ');
  if (outcome === 'done' && operation !== 'disable') {
    rows.push(
      isKms(writeKey.provider)
        ? ['key', `behind the KMS plugin ${writeKey.keyName}: without that KMS no backup of etcd can be read`]
        : ['key', `${configurationFile} on ${enumerate(nodes)}: back it up, apart from etcd's backups`],
    );
    rows.push(...retiredRows(retired));
    rows.push(['older', 'revisions and snapshots are as they were before', 'kops encrypt-at-rest verify --residue']);
    if (operation === 'setup') rows.push(['undo', 'kops encrypt-at-rest disable']);
  }
  if (outcome === 'done' && operation === 'disable') {
    rows.push(...retiredRows(retired));
    if (run.proof === null)
      rows.push(['next', 'kops encrypt-at-rest disable rewrites what is still encrypted, and takes the flag out']);
    rows.push(['undo', 'kops encrypt-at-rest setup']);
  }
  if (run.snapshot !== null)
    rows.push(['snapshot', run.snapshot, 'holds every secret as it was stored: delete it once nothing needs it']);
  if (outcome === 'rolled back' && isReadable(run)) rows.push(leftRow(run));
  if (outcome !== 'done' && failed) rows.push(['why', failed]);
  if (outcome === 'rolled back' && why?.next) rows.push(['next', why.next]);
  if (outcome === 'open') rows.push(['next', RESUME_OR_ABORT]);
  return [...headline(run, theme, width), ...namedRows(rows, width)].join('\n');
}

/** Once a server may have written with the new key, it stays readable. */
const isReadable = ({steps}: EncryptionRun): boolean => steps.some(({name}) => name === 'retreat');

/** What such a change leaves, and how that ends. */
function leftRow({operation, writeKey, configurationFile, resources}: EncryptionRun): [string, ...string[]] {
  const setup = commandFor('setup', resources);
  if (operation === 'disable')
    return ['left', 'what it had rewritten is plaintext in etcd', `${setup} encrypts it, and verifies all`];
  const key = writeKey.keyName ?? writeKey.provider;
  const stays = `${key} in ${configurationFile}: what it had rewritten is under it, new ones are written as before`;
  if (operation === 'setup')
    return ['left', `the flag, and ${stays}`, `${setup} goes on with that key, disable takes all of it out`];
  const rewrite = commandFor('rewrite', resources);
  return ['left', stays, `${rewrite} brings that under the old key, the next rotate drops this one`];
}

function retiredRows(retired: EncryptionRun['retired']): [string, ...string[]][] {
  const {keys, kms} = splitKms(retired);
  return [
    ...(keys.length > 0 ? [rowOf('archive', `${enumerate(keys)}: ${ARCHIVE_FOLDER}`, 'older snapshots need it')] : []),
    ...(kms.length > 0
      ? [rowOf('KMS', `${enumerate(kms)}: keep it, and its key`, 'older snapshots need the KMS itself: no archive has its key')]
      : []),
  ];
}
const rowOf = (...row: [string, ...string[]]): [string, ...string[]] => row;

/** What is to be resumed or aborted. */
export const renderOpen = ({id, operation, resources, startedAt, startedBy}: Transaction, context: string): string =>
  `${operation} of ${resources.join(', ')} in ${context}: transaction ${id}, begun by ${startedBy} at ${startedAt}`;

/** What it means to go on without a node. */
export const renderDeparture = (node: string): string =>
  `without ${node}, for good: it must never come back as it is, because its API server would write as before; kubeadm reset makes it a new node`;

/** Said by commands that are about something else. */
export const renderOpenWarning = ({operation, id, runningBy}: OpenTransaction, {theme}: Screen): string =>
  [
    `${theme.waiting('⚠')} a change of the encryption is ${runningBy ? 'running now' : 'open'}: ${operation} ${id}`,
    runningBy ? `  ${holderWords(runningBy)}` : `  ${RESUME_OR_ABORT}`,
  ].join('\n');

function headline(run: EncryptionRun, theme: Screen['theme'], width: number): string[] {
  const {outcome, operation, writeKey, resources, proof} = run;
  const isOff = operation === 'disable';
  const what = enumerate(resources);
  const key = writeKey.keyName ?? writeKey.provider;
  if (outcome === 'open') return [`${theme.wrong('✗')} ${operation} stopped half-way, and is open`];
  if (outcome === 'rolled back') {
    const kept = isOff ? 'new ones are encrypted again' : 'both keys are readable everywhere';
    if (run.steps.some(({name, state}) => name === 'begin' && state === 'failed'))
      return [`${theme.wrong('✗')} ${operation} could not begin: nothing was changed`];
    const where = isReadable(run) ? `${kept}, nothing was lost` : 'all that it had changed is as it was before';
    return [`${isAsAsked(run) ? theme.good('✓') : theme.wrong('✗')} ${operation} was taken back: ${where}`];
  }
  const all = proof ? `${proof.scanned} of ${proof.scanned} ${what}` : what;
  const told = isOff ? `${all} stored in plaintext again` : `${all} encrypted in etcd with ${key}, 0 plaintext`;
  if (!proof) return [`${theme.good('✓')} ${what}: new ones are ${isOff ? 'plaintext' : `encrypted with ${key}`}`];
  const revision = `(revision ${proof.revision})`;
  const line = `${theme.good('✓')} ${told}`;
  return textWidth(told) + revision.length + 3 <= width ? [`${line} ${revision}`] : [line, `  ${revision}`];
}
