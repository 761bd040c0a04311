import {describe, expect, test} from 'vitest';
import {findNode, type Machine, thisMachine} from '../../src/nodes/find.ts';
import {fakePrograms} from '../support/fake-programs.ts';

const {signal} = new AbortController();
const machine: Machine = {
  hostname: 'laptop',
  isControlPlane: false,
  kindNode: async () => ({why: 'docker has no container a'}),
  kindControlPlanes: async () => [],
};
const ID = '78831dc95eac4f109d6d785129d2ed06';
/** A program that runs its last words here as root of the machine with that id. */
const leadsTo = (id: string, uid = 0) =>
  `for last; do :; done; [ "$last" = exit ] || printf 'kops:begun\\n' >&2; printf '${uid}\\n${id}\\n'; printf '\\nkops:ended 0\\n' >&2`;
const nowhere = 'echo "ssh: Could not resolve hostname a: Name or service not known" >&2; exit 255';

test('a node of a lab is its folder', async () => {
  const {node, chosen} = await findNode('a', {access: 'auto', root: '/lab/a'}, signal, machine);
  expect(node).toMatchObject({access: 'local', root: '/lab/a'});
  expect(chosen).toBe('local: a node of a lab');
});

test('this machine is the node where it has its name and runs static pods', async () => {
  fakePrograms({sh: leadsTo(ID), sudo: leadsTo(ID)});
  const here = {...machine, hostname: 'A', isControlPlane: true};
  const {node, chosen} = await findNode('a', {access: 'auto', machineId: ID}, signal, here);
  expect(node).toMatchObject({access: 'local', root: ''});
  expect(chosen).toBe('local: this machine');
});

test('a container of kind goes before ssh', async () => {
  fakePrograms({docker: leadsTo(ID), ssh: leadsTo(ID)});
  const {node, chosen} = await findNode('a', {access: 'auto', machineId: ID}, signal, {
    ...machine,
    kindNode: async () => 'docker',
  });
  expect(node.access).toBe('docker');
  expect(chosen).toBe('docker: a node of kind in a container of this machine');
});

test('who names a host means ssh', async () => {
  fakePrograms({docker: leadsTo(ID), ssh: leadsTo(ID)});
  const ways = {access: 'auto', sshHost: 'root@{node}.example.com', machineId: ID} as const;
  const {node, chosen} = await findNode('a', ways, signal, {...machine, kindNode: async () => 'docker'});
  expect(chosen).toBe('ssh: root@a.example.com');
  await node.close();
});

test('a container of that name that is another machine is not the node: the kubeconfig may be that of another cluster', async () => {
  fakePrograms({docker: leadsTo('beef'), ssh: leadsTo(ID)});
  const {node} = await findNode('a', {access: 'auto', machineId: ID}, signal, {...machine, kindNode: async () => 'docker'});
  expect(node.access).toBe('ssh');
  await node.close();
});

test('where none works it says of each why', async () => {
  fakePrograms({ssh: nowhere});
  await expect(findNode('a', {access: 'auto', machineId: ID}, signal, machine)).rejects.toMatchObject({
    message: 'no way to the node a',
    why: [
      'local: this machine is laptop',
      'docker: docker has no container a',
      'ssh: the name of the host is not known here',
      'pod: no image was named',
    ].join('\n'),
    next: expect.stringContaining('--node-access'),
    exitCode: 5,
  });
});

test.each([
  ['another machine', leadsTo('beef'), `another machine answers there: its machine id is beef, that of the node ${ID}`],
  ['not root', leadsTo(ID, 1000), 'it does not lead to root'],
])('the way that is asked for is refused where it leads to %s', async (_case, ssh, why) => {
  fakePrograms({ssh});
  await expect(findNode('a', {access: 'ssh', machineId: ID}, signal, machine)).rejects.toMatchObject({why: `ssh: ${why}`});
});

test('a way that is asked for is the only one', async () => {
  fakePrograms({docker: leadsTo(ID), ssh: nowhere});
  const kind = {...machine, kindNode: async () => 'docker' as const};
  await expect(findNode('a', {access: 'ssh'}, signal, kind)).rejects.toMatchObject({
    why: 'ssh: the name of the host is not known here',
  });
  await expect(findNode('a', {access: 'local'}, signal, kind)).rejects.toMatchObject({
    why: 'local: this machine has no /etc/kubernetes/manifests',
  });
});

test.each([
  ['a control plane of kind', 'echo "true control-plane"', 'docker'],
  ['a worker of kind', 'echo "true worker"', 'docker'],
  [
    'the load balancer',
    'echo "true external-load-balancer"',
    'the container a is not a node that kind made, podman is not installed',
  ],
  ['a container of somebody', 'echo "true <no value>"', 'the container a is not a node that kind made, podman is not installed'],
  ['a stopped node', 'echo "false control-plane"', 'the container a is stopped, podman is not installed'],
  ['no container', 'echo "Error: No such container: a" >&2; exit 1', 'docker has no container a, podman is not installed'],
  ['no engine', 'echo "Cannot connect to the Docker daemon" >&2; exit 1', 'no docker engine answers, podman is not installed'],
])('%s', async (_case, docker, answer) => {
  fakePrograms({docker}, {alone: true});
  const found = await thisMachine.kindNode('a', signal);
  expect(typeof found === 'string' ? found : found.why).toBe(answer);
});

test('podman is asked where docker has no such node', async () => {
  fakePrograms({docker: 'exit 1', podman: 'echo "true control-plane"'}, {alone: true});
  expect(await thisMachine.kindNode('a', signal)).toBe('podman');
});

describe('the control planes of a cluster of kind, by the address that its kubeconfig has', () => {
  const containers = [
    'ha-external-load-balancer|ha|external-load-balancer|127.0.0.1:40001->6443/tcp',
    'ha-control-plane|ha|control-plane|127.0.0.1:40002->6443/tcp',
    'ha-control-plane2|ha|control-plane|',
    'ha-worker|ha|worker|',
    'other-control-plane|other|control-plane|127.0.0.1:40003->6443/tcp',
  ];
  test.each([
    ['of the load balancer', 'https://127.0.0.1:40001', ['ha-control-plane', 'ha-control-plane2']],
    ['of a single one', 'https://localhost:40003', ['other-control-plane']],
    ['of another cluster', 'https://127.0.0.1:6443', []],
    ['of another machine', 'https://10.0.0.1:40003', []],
  ])('%s', async (_case, server, names) => {
    fakePrograms({docker: `printf '%s\\n' ${containers.map((line) => `'${line}'`).join(' ')}`, podman: 'exit 125'});
    expect(await thisMachine.kindControlPlanes(new URL(server), signal)).toEqual(names);
  });
});
