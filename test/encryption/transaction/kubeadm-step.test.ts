import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {workOf} from '../../../src/encryption/change.ts';
import {stepsOf} from '../../../src/encryption/transaction/steps.ts';
import type {Cluster} from '../../../src/kube/cluster.ts';
import type {KubeObject} from '../../../src/kube/json.ts';
import {kubeadm} from '../../support/api-server-manifests.ts';
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
