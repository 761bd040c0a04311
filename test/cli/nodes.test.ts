import {expect, test} from 'vitest';
import {reachNamed} from '../../src/cli/nodes.ts';
import type {KubeObject} from '../../src/kube/json.ts';
import {FakeCluster} from '../support/fake-cluster.ts';
import {fakePrograms} from '../support/fake-programs.ts';

const {signal} = new AbortController();
const cp3 = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {name: 'cp-3'},
  status: {nodeInfo: {machineID: '78831dc95eac4f109d6d785129d2ed06'}},
} as KubeObject;
/** An ssh that runs its last words here, as root of the machine with the id `beef`. */
const ssh = `for last; do :; done; printf 'kops:begun\\n' >&2; printf '0\\nbeef\\n'; printf '\\nkops:ended 0\\n' >&2`;

test('a machine that is not the node which the cluster has by that name gets nothing', async () => {
  fakePrograms({ssh});
  await expect(reachNamed(new FakeCluster([cp3]), 'cp-3', {'node-access': 'ssh'}, signal)).rejects.toMatchObject({
    message: 'no way to the node cp-3',
    why: expect.stringContaining('another machine answers there: its machine id is beef'),
  });
});

test('a node that has not joined yet is taken by its name', async () => {
  fakePrograms({ssh});
  const {node} = await reachNamed(new FakeCluster(), 'cp-3', {'node-access': 'ssh'}, signal);
  expect(node).toMatchObject({name: 'cp-3', access: 'ssh'});
  await node.close();
});
