import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {workOf} from '../../../src/encryption/change.ts';
import {withEncryption, withoutEncryption} from '../../../src/encryption/manifest/kubeadm-config.ts';
import {kubeadmBack} from '../../../src/encryption/transaction/kubeadm.ts';
import type {Operation} from '../../../src/encryption/transaction/record.ts';
import {stepsOf} from '../../../src/encryption/transaction/steps.ts';
import type {Cluster} from '../../../src/kube/cluster.ts';
import type {KubeObject} from '../../../src/kube/json.ts';
import {CONFIG, kubeadm} from '../../support/api-server-manifests.ts';
import {draftOf} from '../../support/drafts.ts';
import {FakeCluster} from '../../support/fake-cluster.ts';
import {playControlPlane} from '../../support/played-control-plane.ts';
import {secretboxWith} from '../../support/servers.ts';

const {signal} = new AbortController();
const ClusterConfiguration = readFileSync('test/fixtures/encryption/cluster-configuration.txt', 'utf8');
const ref = {namespace: 'kube-system', name: 'kubeadm-config'};

test('what the next kubeadm upgrade does with the flags is told by what the change is', async () => {
  const cluster: Cluster = new FakeCluster([
    {apiVersion: 'v1', kind: 'ConfigMap', metadata: ref, data: {ClusterConfiguration}} as KubeObject,
  ]);
  const plane = {...playControlPlane([]).plane, cluster};
  const tell = async (operation: 'setup' | 'disable'): Promise<string> => {
    const {transaction, servers, originals, stages} = await draftOf(operation, kubeadm, secretboxWith(['a', 'identity']));
    const never = () => Promise.reject(new Error('not asked for'));
    const work = workOf(plane, transaction, servers, originals, stages, async () => undefined, {rewrite: never, snapshot: never});
    const told: string[] = [];
    await stepsOf(work)
      .find(({name}) => name === 'kubeadm-config')
      ?.run((text) => told.push(text), signal);
    return told.join();
  };
  expect(await tell('setup')).toBe('the next kubeadm upgrade keeps it');
  expect(await tell('setup')).toBe('nothing to change');
  expect(await tell('disable')).toBe('the next kubeadm upgrade leaves it off');
  expect((await cluster.find('configmaps', ref, signal))?.data).toEqual({ClusterConfiguration});
});

describe('what kubeadm is told where a change is taken back and the servers keep their flags', () => {
  const byHand = withEncryption(ClusterConfiguration, CONFIG).replace('- name: encryption-provider-config', '# ours\n  $&');
  const edited = (text: string) => text.replace('clusterName: kind', 'clusterName: other');
  const NEW = withEncryption(ClusterConfiguration, CONFIG);

  test.each<[string, Operation, string, string, string]>([
    ['setup: of the flags that the servers keep', 'setup', ClusterConfiguration, ClusterConfiguration, NEW],
    ['disable that has not come to it: nothing', 'disable', byHand, byHand, byHand],
    ['disable that has: what it was, to the byte', 'disable', byHand, withoutEncryption(byHand), byHand],
    ['disable that has, and somebody edited it since: the flags', 'disable', NEW, edited(withoutEncryption(NEW)), edited(NEW)],
    [
      'disable of a cluster where kubeadm never knew: nothing',
      'disable',
      ClusterConfiguration,
      edited(ClusterConfiguration),
      edited(ClusterConfiguration),
    ],
  ])('%s', async (_case, operation, clusterConfiguration, now, then) => {
    const {transaction} = await draftOf(operation, kubeadm, secretboxWith(['a', 'identity']));
    expect(kubeadmBack({...transaction, clusterConfiguration}, [])(now)).toBe(then);
  });
});
