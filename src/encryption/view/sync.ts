import type {Screen} from '../../text/screen.ts';
import type {EncryptionSync} from '../sync.ts';

export function renderSync({node, from, path, outcome}: EncryptionSync, {theme}: Screen): string {
  if (outcome === 'unchanged') return `${theme.good('✓')} ${node} has the configuration already: ${path}`;
  return [
    `${theme.good('✓')} ${node} has the configuration of ${from}: ${path}, 0600`,
    '  next     kubeadm join NODE --control-plane, or wait until its API server has restarted',
    `  undo     rm ${path} on ${node}`,
  ].join('\n');
}
