import type {Cluster} from '../../kube/cluster.ts';
import {Conflict} from '../../kube/errors.ts';
import {withEncryption, withoutEncryption} from '../manifest/kubeadm-config.ts';
import type {Transaction} from './record.ts';

const REF = {namespace: 'kube-system', name: 'kubeadm-config'};
const MAX_TRIES = 5;

/** What becomes of the ClusterConfiguration in the end of a change. `sockets`: of KMS plugins. */
export const kubeadmEdit =
  (transaction: Transaction, sockets: readonly string[]) =>
  (text: string): string =>
    takesOut(transaction) ? withoutEncryption(text) : withEncryption(text, transaction.configurationFile, sockets);

/**
 * What becomes of it where a change is taken back after a server may have written with the new key. The servers keep their flags then: where the
 * change would have told kubeadm of them, it is told; where it took them out, what was there before comes back, and nothing else.
 */
export const kubeadmBack =
  (transaction: Transaction, sockets: readonly string[]) =>
  (text: string): string => {
    const {clusterConfiguration: before = text, configurationFile} = transaction;
    const after = kubeadmEdit(transaction, sockets);
    if (!takesOut(transaction)) return after(text);
    if (text === before || before === withoutEncryption(before)) return text;
    return text === after(before) ? before : withEncryption(text, configurationFile, sockets);
  };

const takesOut = ({operation, rewrite}: Transaction): boolean => operation === 'disable' && rewrite;

/** Undefined where this is no cluster of kubeadm's. */
export const readClusterConfiguration = async (cluster: Cluster, signal: AbortSignal): Promise<string | undefined> =>
  (await cluster.find('configmaps', REF, signal))?.data?.ClusterConfiguration;

/** Whether `editClusterConfiguration` would change anything. */
export async function wouldEdit(cluster: Cluster, edit: (text: string) => string, signal: AbortSignal): Promise<boolean> {
  const text = await readClusterConfiguration(cluster, signal);
  return text !== undefined && edit(text) !== text;
}

/**
 * Changes the ClusterConfiguration that the next `kubeadm upgrade` makes manifests of. False where there was nothing to change: it is so
 * already, or this is no cluster of kubeadm's. Tries again where somebody else wrote it in between.
 */
export async function editClusterConfiguration(
  cluster: Cluster,
  edit: (clusterConfiguration: string) => string,
  signal: AbortSignal,
): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    const found = await cluster.find('configmaps', REF, signal);
    const text = found?.data?.ClusterConfiguration;
    if (text === undefined) return false;
    const edited = edit(text);
    if (edited === text) return false;
    try {
      await cluster.patch(
        'configmaps',
        REF,
        [
          {op: 'test', path: '/metadata/resourceVersion', value: found?.metadata?.resourceVersion},
          {op: 'replace', path: '/data/ClusterConfiguration', value: edited},
        ],
        {},
        signal,
      );
      return true;
    } catch (error) {
      if (!(error instanceof Conflict) || tries >= MAX_TRIES) throw error;
    }
  }
}
