import {duration} from '../../text/duration.ts';
import {enumerate} from '../../text/enumerate.ts';
import {pad} from '../../text/fit.ts';
import {counted, countedObjects} from '../../text/plural.ts';
import {namedRows} from '../../text/rows.ts';
import type {Screen} from '../../text/screen.ts';
import type {EncryptionPlan} from '../plan.ts';
import {DRY_RUN, isKms, splitKms, WAYS} from './words.ts';

/** What a change will do, before anybody is asked whether it may. */
export function renderPlan(plan: EncryptionPlan, {theme, width}: Screen): string {
  const {context, nodes, access, restarts, retires, snapshot, rewrite, canary, files, unchanged} = plan;
  const paths = Math.max(...files.map(({path}) => path.length));
  const changes = files.map(({path, change}) => `${pad(path, paths)}  ${change}`);
  const drops = rewrite && retires.length > 0;
  const guarded: [string, ...string[]][] = [
    ['downtime', files.length === 0 ? 'none' : downtimeOf(restarts, nodes.length)],
    ['if it fails', ...putBack(plan)],
    snapshot
      ? ['before', `etcd snapshot to ${snapshot}`, 'it holds every secret as it is stored now']
      : ['before', 'no etcd snapshot'],
  ];
  return [
    theme.strong(`${titleOf(plan)} in ${context} (${counted(nodes.length, 'control plane')})`),
    '',
    ...namedRows(
      [
        ['nodes', `reached ${enumerate(access.map((way) => WAYS[way]))}`],
        [plan.operation === 'disable' ? 'writes' : 'provider', keyOf(plan)],
        drops ? ['drops', dropsOf(retires)] : ['drops'],
        changes.length > 0 ? ['changes', ...changes] : ['changes', 'nothing: every file is as it is to be'],
        ['then', thenOf(plan)],
        canary === null && !unchanged ? ['canary', NO_CANARY] : ['canary'],
        ...(unchanged ? [] : guarded),
      ],
      width,
    ),
  ].join('\n');
}

function putBack({restarts, confirmWithin, reloadWithin}: EncryptionPlan): string[] {
  const [first, second] = [restarts.length > 0 ? confirmWithin : null, reloadWithin]
    .filter((seconds) => seconds !== null)
    .map((seconds) => duration(seconds * 1000));
  return [
    ...(first ? [`each node puts its old files back after ${first}, even without kops`] : []),
    ...(second ? [`after ${second} where its server reads the new one while it runs`] : []),
  ];
}

export const renderDryRun = (plan: EncryptionPlan, screen: Screen): string =>
  `${renderPlan(plan, screen)}\n${screen.theme.dim(DRY_RUN)}`;

const NO_CANARY = 'none: neither Secrets nor ConfigMaps change, so only what is there shows whether all servers agree';

function titleOf({operation, resources, writeKey, unchanged}: EncryptionPlan): string {
  const names = enumerate(resources.map(({resource}) => resource));
  if (operation === 'disable') return `Store ${names} in plaintext again`;
  if (operation === 'rotate') return `Rotate to ${writeKey.keyName ?? writeKey.provider}: ${names}`;
  return unchanged ? `Already encrypted at rest: ${names}` : `Encrypt ${names} at rest`;
}

function keyOf({operation, writeKey: {provider, keyName}}: EncryptionPlan): string {
  if (operation === 'disable') return 'plaintext (identity)';
  if (keyName === null) return provider;
  if (isKms(provider)) return `${provider}, ${keyName} (the key stays in the KMS)`;
  return `${provider}, key ${keyName} (stays on the control plane)`;
}

function dropsOf(retires: EncryptionPlan['retires']): string {
  const {keys, kms} = splitKms(retires);
  const kept = [
    ...(keys.length > 0 ? [kms.length > 0 ? `${enumerate(keys)} archived on the nodes` : 'archived on the nodes'] : []),
    ...(kms.length > 0 ? [`the KMS behind ${enumerate(kms)} stays needed for older snapshots`] : []),
  ];
  return [`${enumerate([...keys, ...kms])} once nothing is stored under it`, ...kept].join('; ');
}

function thenOf({resources, rewrite, strict, unchanged}: EncryptionPlan): string {
  const all = enumerate(resources.map(({resource, total}) => countedObjects(total, resource)));
  const stale = resources.filter((resource) => resource.stale > 0);
  const end = strict && !unchanged ? ', then no longer reads plaintext' : '';
  if (!rewrite) return 'rewrites nothing: what is stored stays as it is until it is written';
  if (stale.length === 0) return `nothing to rewrite; verifies ${all} in etcd${end}`;
  return `rewrites ${enumerate(stale.map(staleOf))}, verifies all of them in etcd${end}`;
}

const staleOf = ({resource, total, stale}: EncryptionPlan['resources'][number]): string =>
  stale === total ? countedObjects(total, resource) : `${stale} of ${countedObjects(total, resource)}`;

function downtimeOf(restarts: readonly string[], nodes: number): string {
  if (restarts.length === 0) return 'none: the servers read each new file by themselves within a minute';
  const each = 'about 15 s of API';
  return nodes === 1 ? `${each}: one control plane, no failover` : `${each} on each of ${enumerate(restarts)}, one at a time`;
}
