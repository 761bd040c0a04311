import type {Screen} from '../../text/screen.ts';
import type {EncryptionSync} from '../sync.ts';
import {DRY_RUN} from './words.ts';

export function renderSync({node, from, path, outcome}: EncryptionSync, {theme}: Screen): string {
  if (outcome === 'unchanged') return `${theme.good('✓')} ${node} has the configuration already: ${path}`;
  if (outcome === 'to write') return `${node} would get the configuration of ${from}: ${path}, 0600\n${theme.dim(DRY_RUN)}`;
  return [
    `${theme.good('✓')} ${node} has the configuration of ${from}: ${path}, 0600`,
    '  next     kubeadm join NODE --control-plane, or wait until its API server has restarted',
    `  undo     rm ${path} on ${node}`,
  ].join('\n');
}
