import {duration} from '../../text/duration.ts';
import type {Screen} from '../../text/screen.ts';
import type {EncryptionPlan} from '../plan.ts';

/** What a change will do, before anybody is asked whether it may. */
export function renderPlan(plan: EncryptionPlan, {theme}: Screen): string {
  const {context, nodes, restarts, retires, snapshot, confirmWithin, writeKey, rewrite} = plan;
  const count = `${nodes.length} control plane${nodes.length === 1 ? '' : 's'}`;
  const paths = Math.max(...plan.files.map(({path}) => path.length));
  const rows: [string, string[]][] = [
    [plan.operation === 'disable' ? 'writes' : 'provider', [keyOf(plan)]],
    [
      'drops',
      retires.length > 0 && rewrite ? [`${retires.join(', ')}, once nothing is stored under it; the archive keeps it`] : [],
    ],
    [
      'changes',
      [
        ...plan.files.map(({path, change}) => `${path.padEnd(paths)}  ${change}`),
        `${'kubeadm-config'.padEnd(paths)}  ${upgrades(plan)}`,
      ],
    ],
    ['then', [thenOf(plan)]],
    ['downtime', [downtimeOf(restarts, nodes.length)]],
    ['if it fails', [`or kops dies: each node puts its old files back by itself after ${duration(confirmWithin * 1000)}`]],
    [
      'before',
      [
        snapshot
          ? `etcd snapshot to ${snapshot} (holds ${writeKey.provider === 'identity' ? 'all' : 'plaintext'} secrets)`
          : 'no etcd snapshot',
      ],
    ],
  ];
  const lines = rows.flatMap(([name, texts]) => texts.map((text, i) => `  ${(i === 0 ? name : '').padEnd(11)} ${text}`));
  return [theme.strong(`${titleOf(plan)} in ${context} (${count})`), '', ...lines].join('\n');
}

function titleOf({operation, resources, writeKey}: EncryptionPlan): string {
  const names = resources.map(({resource}) => resource).join(', ');
  if (operation === 'disable') return `Store ${names} in plaintext again`;
  if (operation === 'rotate') return `Rotate to ${writeKey.keyName ?? writeKey.provider}: ${names}`;
  return `Encrypt ${names} at rest`;
}

function keyOf({operation, writeKey: {provider, keyName}}: EncryptionPlan): string {
  if (operation === 'disable') return 'plaintext (identity); the keys go to the archive on the nodes';
  return keyName === null ? provider : `${provider}, key ${keyName}, which stays on the control plane`;
}

const upgrades = ({operation, rewrite}: EncryptionPlan): string =>
  operation === 'disable' && rewrite ? 'so that upgrades do not bring it back' : 'so that upgrades keep it';

function thenOf({resources, rewrite, strict}: EncryptionPlan): string {
  const counts = resources.map(({resource, total}) => `${total} ${resource}`).join(', ');
  if (!rewrite) return 'rewrites nothing: what is stored stays as it is until it is written';
  return `rewrites ${counts}, verifies all of them in etcd${strict ? ', then no longer reads plaintext' : ''}`;
}

function downtimeOf(restarts: readonly string[], nodes: number): string {
  if (restarts.length === 0) return 'none: the servers read the new file by themselves, within a minute per step';
  const each = 'about 15 s of API';
  return nodes === 1
    ? `${each} on ${restarts[0]} (one control plane: no failover)`
    : `${each} on each of ${restarts.join(', ')}, one at a time`;
}
