import {expect, test} from 'vitest';
import {readSource} from '../../../src/config/container/read.ts';
import {parseTarget} from '../../../src/config/container/target.ts';
import {deployment, pod} from '../../support/builders.ts';
import {FakeCluster} from '../../support/fake-cluster.ts';

test.each([
  ['cm/app', 'cm/app has no containers', 'workloads and pods have'],
  ['svc/web', 'svc/web has no containers', 'workloads and pods have'],
  ['deploymnt/web', 'unknown kind: deploymnt', 'did you mean deployment?'],
  ['widgets/web', 'unknown kind: widgets', 'kops reads the containers of workloads and pods'],
])('%s is no workload', (word, message, why) => {
  expect(() => parseTarget(word, undefined)).toThrow(expect.objectContaining({message, why, exitCode: 2}));
});

test('a name alone is a pod; where there is none, the workload of that name was meant', async () => {
  const {signal} = new AbortController();
  const cluster = new FakeCluster([deployment(), pod({name: 'web-1'})]);
  const read = (word: string) =>
    readSource(cluster, {...parseTarget(word, undefined), namespace: 'shop'}, 'env', signal).then(({target}) => target.name);
  expect(await read('web-1')).toBe('web-1');
  await expect(read('web')).rejects.toMatchObject({
    why: "a name alone is a pod's; there is deployment/web",
    next: 'kops env deployment/web -n shop',
    exitCode: 5,
  });
  await expect(read('other')).rejects.toMatchObject({why: 'the cluster has pod/web-1 there', exitCode: 5});
});
