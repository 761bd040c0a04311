import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {expect, test} from 'vitest';
import {type PodApi, podNode} from '../../src/nodes/pod.ts';

const {signal} = new AbortController();

/** A cluster whose pods run what they are told on this machine. `left`: pods that have ended. */
function playPods(left: readonly string[] = [], ended?: PodApi['ended']) {
  const [made, deleted]: [string[], string[]] = [[], []];
  const api: PodApi = {
    create: async (_namespace, pod) => made.push((pod as {metadata: {name: string}}).metadata.name),
    status: async () => ({phase: 'Running'}),
    ended: ended ?? (async () => left),
    delete: async (_namespace, name) => deleted.push(name),
    async exec(_pod, command, {onStdout, onStderr}) {
      const [program = '', ...args] = command.slice(4); // what goes before joins the host
      const child = spawn(program, args, {stdio: ['ignore', 'pipe', 'pipe']});
      child.stderr.on('data', onStderr);
      const closed = once(child, 'close');
      for await (const chunk of child.stdout) await onStdout(chunk);
      await closed;
    },
  };
  let time = 0;
  return {
    made,
    deleted,
    pass: (seconds: number) => {
      time += seconds * 1000;
    },
    node: podNode('a', {api, image: 'x', now: () => time}),
  };
}

test('a pod makes room for a new one long before the kubelet ends it, but not while a script is at work in it', async () => {
  const {made, deleted, pass, node} = playPods();
  await node.run('exit 0', [], {}, signal);
  pass(800);
  await node.run('exit 0', [], {}, signal);
  expect(made).toHaveLength(1);
  pass(200);
  const [first] = made;
  expect((await node.run('echo here', [], {}, signal)).stdout.toString()).toBe('here\n');
  expect([made.length, deleted]).toEqual([2, [first]]);
  const onData = async () => {
    pass(1000);
    await node.run('exit 0', [], {}, signal);
  };
  await node.run('echo here', [], {onData}, signal);
  expect(made).toHaveLength(2);
  await Promise.all([node.run('exit 0', [], {}, signal), node.run('exit 0', [], {}, signal)]);
  expect(made).toHaveLength(3);
  await node.close();
  expect(deleted.toSorted()).toEqual(made.toSorted());
});

test('what pods of a killed kops have left goes when the next one is made, and nothing else', async () => {
  const {deleted, node} = playPods(['kops-node-0a1b2c3d4e', 'of-somebody']);
  await node.run('exit 0', [], {}, signal);
  expect(deleted).toEqual(['kops-node-0a1b2c3d4e']);
});

test('who may not list pods can work in one', async () => {
  const {node} = playPods([], () => Promise.reject(new Error('forbidden')));
  expect((await node.run('exit 0', [], {}, signal)).code).toBe(0);
});
