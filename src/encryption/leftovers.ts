import {ExitCode, Problem} from '../problem.ts';
import {enumerate} from '../text/enumerate.ts';
import {counted} from '../text/plural.ts';
import type {EncryptionConfiguration} from './configuration/configuration.ts';
import {entriesOf, providersFor} from './configuration/coverage.ts';
import {parseConfiguration} from './configuration/parse.ts';
import type {ControlPlane} from './control-plane.ts';
import {nameOfKey} from './stored/audit.ts';
import {envelopeOf} from './stored/envelope.ts';
import {etcdPathOf} from './stored/etcd-path.ts';
import type {Transaction} from './transaction/record.ts';
import type {StageFiles} from './transaction/store.ts';

/** How many keys an error names. */
const NAMED = 5;

/**
 * Before keys, or the reading of plaintext, are dropped: nothing anywhere in this etcd may need them, also what no resource of the change
 * covers, as objects of a kind that came, or is no longer served, since the change was planned. Rejects with exit code 3 where something does.
 */
export async function refuseLeftovers(
  {etcd, etcdPrefix}: ControlPlane,
  transaction: Transaction,
  stages: Pick<StageFiles, 'write' | 'final'>,
  revision: number,
  signal: AbortSignal,
): Promise<void> {
  const {operation, rewrite, retires} = transaction;
  const dropsAll = operation === 'disable' && rewrite;
  if (!dropsAll && retires.length === 0 && stages.final === undefined) return;
  const isDropped = stages.final ? droppedPlaintext(transaction, stages.write, stages.final, etcdPrefix) : () => false;
  const found: string[] = [];
  let count = 0;
  for await (const {items} of etcd.range({prefix: `${etcdPrefix}/`, revision}, signal)) {
    for (const {key, value} of items) {
      const {provider, keyName} = envelopeOf(value);
      const isNeeding =
        provider === 'identity'
          ? isDropped(key.toString('utf8'))
          : dropsAll || (keyName !== undefined && retires.includes(keyName));
      if (!isNeeding) continue;
      count += 1;
      if (found.length < NAMED) found.push(nameOfKey(key));
    }
  }
  if (count === 0) return;
  throw new Problem(
    `${counted(count, 'value')} of other resources still ${count === 1 ? 'needs' : 'need'} what is to be dropped`,
    {
      why: `${enumerate(found)}${count > found.length ? ', …' : ''}`,
      next: 'store them anew: kops encrypt-at-rest rewrite --resources NAME, then kops encrypt-at-rest resume',
      exitCode: ExitCode.negative,
    },
  );
}

/**
 * Whether what lies in plaintext at a key could not be read any more. Keys of custom resources tell which they are; of others those count that
 * the change or the configuration names. What API servers keep for themselves (`ranges`, `masterleases`, `peerserverleases`) goes through no
 * rule and stays plaintext under `*.*` too: their storage gets no transformer. Source: newServiceIPAllocators and createLeaseReconciler of
 * kubernetes, and test/integration/controlplane/transformation, which asserts it.
 */
function droppedPlaintext({resources}: Transaction, write: Buffer, final: Buffer, etcdPrefix: string): (key: string) => boolean {
  const before = parseConfiguration(write.toString('utf8'), 'the configuration');
  const after = parseConfiguration(final.toString('utf8'), 'the configuration');
  const names = [...entriesOf(after), ...resources].filter((name) => !name.startsWith('*.'));
  const byPath = new Map(names.map((name) => [etcdPathOf(name, etcdPrefix), name]));
  const judged = new Map<string, boolean>();
  return (key) => {
    const [, first = '', second = ''] = key.slice(etcdPrefix.length).split('/', 3);
    const folder = `${etcdPrefix}/${first}/`;
    const custom = first.includes('.') ? `${second}.${first}` : undefined;
    const resource = byPath.get(folder) ?? byPath.get(`${folder}${second}/`) ?? custom;
    if (resource === undefined) return false;
    const known = judged.get(resource);
    if (known !== undefined) return known;
    const isDropped = readsPlaintext(before, resource) && !readsPlaintext(after, resource);
    judged.set(resource, isDropped);
    return isDropped;
  };
}

function readsPlaintext(configuration: EncryptionConfiguration, resource: string): boolean {
  const providers = providersFor(configuration, resource);
  return providers.length === 0 || providers.some(({type}) => type === 'identity');
}
