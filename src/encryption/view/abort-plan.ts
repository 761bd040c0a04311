import {pad} from '../../text/fit.ts';
import {namedRows} from '../../text/rows.ts';
import type {Screen} from '../../text/screen.ts';
import type {EncryptionAbortPlan} from '../abort-plan.ts';
import {DRY_RUN} from './words.ts';

/** What would be put back, in the order in which it would be. */
export function renderAbortPlan(plan: EncryptionAbortPlan, {theme, width}: Screen): string {
  const {context, operation, transaction, promoted, nodes, editsKubeadm} = plan;
  const aim = promoted
    ? `every key stays readable everywhere: something may be stored ${operation === 'disable' ? 'in plaintext' : 'under the new one'}`
    : 'every file becomes what it was, byte for byte: nothing was written with the new key';
  const paths = Math.max(0, ...nodes.flatMap(({files}) => files.map(({path}) => path.length)));
  const nodeRows = nodes.map(({node, files, restarts}): [string, ...string[]] => [
    node,
    ...files.map(({path, change}) => `${pad(path, paths)}  ${change}`),
    ...(files.length === 0 ? ['nothing: its files are so already'] : []),
    ...(restarts ? ['its API server restarts: about 15 s without it'] : []),
  ]);
  const rewritten =
    promoted && operation === 'disable' ? ['what is plaintext by then stays so: kops encrypt-at-rest setup encrypts it'] : [];
  return [
    theme.strong(`Take back ${operation} ${transaction} in ${context}`),
    '',
    ...namedRows(
      [
        ['aim', aim],
        ...nodeRows,
        ['kubeadm-config', editsKubeadm ? 'as the servers are then' : 'nothing to change'],
        ['then', 'the transaction is closed; nothing that is stored is rewritten', ...rewritten],
      ],
      width,
    ),
    theme.dim(DRY_RUN),
  ].join('\n');
}
