import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, onTestFinished, test, vi} from 'vitest';
import {findControlPlaneNodes, reachNamed} from '../../src/cli/nodes.ts';
import {CONTROL_PLANE_LABEL} from '../../src/encryption/managed.ts';
import {ConnectionProblem} from '../../src/kube/errors.ts';
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

describe('where no API server answers', () => {
  const down = new ConnectionProblem('cannot reach the API server', {why: 'connection refused', passing: true});
  const silent = () => Object.assign(new FakeCluster(), {list: () => Promise.reject(down)});
  const machine = {hostname: 'cp-1', isControlPlane: true, kindControlPlanes: async (): Promise<string[]> => []};
  const find = (flags: object, finding: object) => {
    fakePrograms({ssh});
    return findControlPlaneNodes(silent(), {'node-access': 'ssh', ...flags}, signal, {machine, ...finding});
  };

  test('nothing new begins on this machine alone, because nobody knows whether it is the only control plane', async () => {
    await expect(find({}, {})).rejects.toMatchObject({
      message: 'cannot reach the API server',
      why: 'connection refused\nonly an API server knows all nodes that the control plane runs on',
      next: expect.stringContaining('--control-planes NAME,NAME'),
      exitCode: 5,
    });
  });

  test.each([
    ['who only looks takes this machine for the control plane', {}, {mayGuess: true}, ['cp-1']],
    ['a machine that is none is not taken for it', {}, {mayGuess: true, machine: {...machine, isControlPlane: false}}, undefined],
    [
      'the engine of this machine knows all nodes of a cluster of kind, so that a change which is open there can be told of',
      {},
      {machine: {...machine, kindControlPlanes: async () => ['kops-control-plane', 'kops-control-plane2']}},
      ['kops-control-plane', 'kops-control-plane2'],
    ],
    ['those that the user names count for all', {'control-planes': 'cp-1,cp-2'}, {}, ['cp-1', 'cp-2']],
  ])('%s', async (_case, flags, finding, names) => {
    const found = await find(flags, finding).catch(() => undefined);
    expect(found?.nodes.map(({name}) => name)).toEqual(names);
    for (const node of found?.nodes ?? []) if ('server' in node) await node.server.node.close();
  });
});

describe('what is said of the nodes and cannot be so is refused', () => {
  const find = (flags: object) => {
    fakePrograms({ssh});
    const list = async () => ['cp-1', 'cp-2'].map((name) => ({metadata: {name, labels: {[CONTROL_PLANE_LABEL]: ''}}}));
    const cluster = Object.assign(new FakeCluster(), {list}) as FakeCluster;
    return findControlPlaneNodes(cluster, {'node-access': 'ssh', ...flags}, signal);
  };

  test.each([
    ['names that the cluster has not', {'control-planes': 'foo'}, 'its control planes are cp-1, cp-2'],
    ['some of the names', {'control-planes': 'cp-1'}, 'its control planes are cp-1, cp-2'],
    ['a host for ssh', {'node-access': 'docker', 'ssh-host': 'a'}, 'it is for --node-access ssh, not for docker'],
    ['an image for a pod', {'node-pod-image': 'a'}, 'it is for --node-access pod, not for ssh'],
  ])('%s', async (_case, flags, why) => {
    await expect(find(flags)).rejects.toMatchObject({why, exitCode: 2});
  });

  test('the names that it has are taken, in any order', async () => {
    const {nodes} = await find({'control-planes': 'cp-2,cp-1'});
    expect(nodes.map(({name}) => name)).toEqual(['cp-1', 'cp-2']);
  });
});

test('whoever interrupts the search leaves no connection of it open', async () => {
  const home = mkdtempSync(join(tmpdir(), 'kops-test-'));
  onTestFinished(() => rmSync(home, {recursive: true}));
  // cp-2 never answers: it is interrupted once cp-1 was found.
  fakePrograms({ssh: `case "$*" in *" cp-2 "*) sleep 60 ;; esac; ${ssh}`});
  vi.stubEnv('TMPDIR', home);
  const stop = new AbortController();
  const names = {'control-planes': 'cp-1,cp-2', 'node-access': 'ssh'} as const;
  const down = Object.assign(new FakeCluster(), {list: () => Promise.reject(new ConnectionProblem('down', {passing: true}))});
  const finding = findControlPlaneNodes(down, names, stop.signal);
  const failed = expect(finding).rejects.toThrow('interrupted');
  await vi.waitFor(() => expect(readdirSync(home)).toHaveLength(2));
  stop.abort(new Error('interrupted'));
  await failed;
  expect(readdirSync(home)).toEqual([]);
});
