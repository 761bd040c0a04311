import {duration} from '../../text/duration.ts';
import {enumerate} from '../../text/enumerate.ts';
import {pad} from '../../text/fit.ts';
import {namedRows} from '../../text/rows.ts';
import type {Screen} from '../../text/screen.ts';
import type {EncryptionPlan} from '../plan.ts';
import {counted, isKms} from './words.ts';

/** What a change will do, before anybody is asked whether it may. */
export function renderPlan(plan: EncryptionPlan, {theme, width}: Screen): string {
  const {context, nodes, restarts, retires, snapshot, confirmWithin, rewrite, files} = plan;
  const paths = Math.max(...files.map(({path}) => path.length), KUBEADM.length);
  const changes = [...files, {path: KUBEADM, change: upgrades(plan)}].map(({path, change}) => `${pad(path, paths)}  ${change}`);
  const drops = rewrite && retires.length > 0;
  return [
    theme.strong(`${titleOf(plan)} in ${context} (${counted(nodes.length, 'control plane')})`),
    '',
    ...namedRows(
      [
        [plan.operation === 'disable' ? 'writes' : 'provider', keyOf(plan)],
        drops ? ['drops', `${enumerate(retires)} once nothing is stored under it; archived on the nodes`] : ['drops'],
        ['changes', ...changes],
        ['then', thenOf(plan)],
        ['downtime', downtimeOf(restarts, nodes.length)],
        ['if it fails', `each node puts its old files back after ${duration(confirmWithin * 1000)}, even without kops`],
        snapshot
          ? ['before', `etcd snapshot to ${snapshot}`, 'it holds every secret as it is stored now']
          : ['before', 'no etcd snapshot'],
      ],
      width,
    ),
  ].join('\n');
}

const KUBEADM = 'kubeadm-config';

function titleOf({operation, resources, writeKey}: EncryptionPlan): string {
  const names = enumerate(resources.map(({resource}) => resource));
  if (operation === 'disable') return `Store ${names} in plaintext again`;
  if (operation === 'rotate') return `Rotate to ${writeKey.keyName ?? writeKey.provider}: ${names}`;
  return `Encrypt ${names} at rest`;
}

function keyOf({operation, writeKey: {provider, keyName}}: EncryptionPlan): string {
  if (operation === 'disable') return 'plaintext (identity); the keys go to the archive on the nodes';
  if (keyName === null) return provider;
  if (isKms(provider)) return `${provider}, ${keyName} (the key stays in the KMS)`;
  return `${provider}, key ${keyName} (stays on the control plane)`;
}

const upgrades = ({operation, rewrite}: EncryptionPlan): string =>
  operation === 'disable' && rewrite ? 'upgrades forget it' : 'upgrades keep it';

function thenOf({resources, rewrite, strict}: EncryptionPlan): string {
  const counts = enumerate(resources.map(({resource, total}) => `${total} ${resource}`));
  if (!rewrite) return 'rewrites nothing: what is stored stays as it is until it is written';
  return `rewrites ${counts}, verifies all of them in etcd${strict ? ', then no longer reads plaintext' : ''}`;
}

function downtimeOf(restarts: readonly string[], nodes: number): string {
  if (restarts.length === 0) return 'none: the servers read each new file by themselves within a minute';
  const each = 'about 15 s of API';
  return nodes === 1 ? `${each}: one control plane, no failover` : `${each} on each of ${enumerate(restarts)}, one at a time`;
}
