import {createHash} from 'node:crypto';
import {expect, test} from 'vitest';
import {connect} from '../../src/kube/connect.ts';
import {images} from '../support/images.ts';
import {liveCluster, namespace} from '../support/live.ts';

const never = new AbortController().signal;
const home = await namespace();
const cluster = await connect({kubeconfig: liveCluster().kubeconfig});
const etcd = {namespace: 'kube-system', name: `etcd-${liveCluster().name}-control-plane`};
const MEGABYTE = 1024 * 1024;

async function shell(name: string) {
  await home.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {name},
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{name: 'app', image: images.shell, command: ['sleep', '3600']}],
    },
  } as object);
  await home.until('pods', name, ({status}) => status?.phase === 'Running');
  return (script: string, options = {}) =>
    cluster.exec({namespace: home.name, name}, 'app', ['sh', '-c', script], options, never);
}

test('what a real container writes and how it ends', async () => {
  const run = await shell('shell');
  expect(await run('echo out; echo err >&2; exit 7')).toEqual({code: 7, stdout: Buffer.from('out\n'), stderr: 'err\n'});
  expect((await run('kill -9 $$')).code).toBe(137);

  const input = Buffer.alloc(3 * MEGABYTE, 'kops');
  const sum = createHash('sha256').update(input).digest('hex');
  expect((await run('sha256sum', {input})).stdout.toString()).toBe(`${sum}  -\n`);

  let bytes = 0;
  const onData = async (chunk: Buffer) => {
    await new Promise(setImmediate);
    bytes += chunk.length;
  };
  await run('dd if=/dev/zero bs=1048576 count=64', {onData});
  expect(bytes).toBe(64 * MEGABYTE);
});

test('a program that is not there, a container that is not there, a pod that is not there', async () => {
  const exec = (pod: string, container: string) =>
    cluster.exec({namespace: 'kube-system', name: pod}, container, ['no-such-program'], {}, never);
  await expect(exec(etcd.name, 'etcd')).rejects.toMatchObject({
    message: `cannot run no-such-program in container etcd of pod/${etcd.name}`,
    why: expect.stringContaining('executable file not found'),
  });
  await expect(exec(etcd.name, 'nope')).rejects.toMatchObject({why: expect.stringContaining('container nope is not valid')});
  await expect(exec('nope', 'etcd')).rejects.toMatchObject({status: 404});
});

test('a pod that goes while a command runs in it is said to be gone, or its command to be killed', async () => {
  const run = await shell('short');
  const started = Promise.withResolvers<void>();
  const ended = run('echo started; sleep 3600', {onData: () => started.resolve()});
  await started.promise;
  await home.delete('pods', 'short');
  const outcome = await ended.then(
    ({code}) => code,
    ({passing}) => passing,
  );
  expect([137, true]).toContain(outcome);
});

test("etcd's metrics through the API server, by one port and several connections", async () => {
  const forward = await cluster.portForward(etcd, 2381, never);
  const get = async () => (await fetch(`http://127.0.0.1:${forward.port}/metrics`, {headers: {connection: 'close'}})).text();
  for (const metrics of await Promise.all([get(), get(), get()])) expect(metrics).toContain('etcd_server_has_leader 1');
  await forward.close();
});

test('a port that nothing listens on is told from one that works', async () => {
  const forward = await cluster.portForward(etcd, 9, never);
  await expect(fetch(`http://127.0.0.1:${forward.port}/`)).rejects.toThrow();
  expect(forward.trouble?.why).toContain('connection refused');
  await forward.close();
});
