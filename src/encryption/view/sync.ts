import {counted} from '../../text/plural.ts';
import type {Screen} from '../../text/screen.ts';
import type {EncryptionSync} from '../sync.ts';

import {ARCHIVE_FOLDER} from '../transaction/record.ts';
import {DRY_RUN} from './words.ts';

export function renderSync({node, from, path, outcome, archived}: EncryptionSync, {theme}: Screen): string {
  if (outcome === 'to write') return `${node} would get the configuration of ${from}: ${path}, 0600\n${theme.dim(DRY_RUN)}`;
  const retired =
    archived > 0 ? [`  archive  ${counted(archived, 'retired configuration')} of the others: ${ARCHIVE_FOLDER}`] : [];
  if (outcome === 'unchanged')
    return [`${theme.good('✓')} ${node} has the configuration already: ${path}`, ...retired].join('\n');
  return [
    `${theme.good('✓')} ${node} has the configuration of ${from}: ${path}, 0600`,
    ...retired,
    '  next     kubeadm join NODE --control-plane, or wait until its API server has restarted',
    `  undo     rm ${path} on ${node}`,
  ].join('\n');
}
