import type {Cluster} from '../../kube/cluster.ts';
import {Conflict} from '../../kube/errors.ts';
import {withEncryption, withoutEncryption} from '../manifest/kubeadm-config.ts';
import type {Transaction} from './record.ts';

const REF = {namespace: 'kube-system', name: 'kubeadm-config'};
const MAX_TRIES = 5;

/** What becomes of the ClusterConfiguration in the end of a change. `sockets`: of KMS plugins. */
export const kubeadmEdit =
  ({operation, rewrite, configurationFile}: Transaction, sockets: readonly string[]) =>
  (text: string): string =>
    operation === 'disable' && rewrite ? withoutEncryption(text) : withEncryption(text, configurationFile, sockets);

/** Whether `editClusterConfiguration` would change anything. */
export async function wouldEdit(cluster: Cluster, edit: (text: string) => string, signal: AbortSignal): Promise<boolean> {
  const text = (await cluster.find('configmaps', REF, signal))?.data?.ClusterConfiguration;
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
