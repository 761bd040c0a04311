import {writeFile} from 'node:fs/promises';
import {expect, test, vi} from 'vitest';
import type {Cluster} from '../../src/kube/cluster.ts';
import {temporaryFile} from '../support/apiserver.ts';
import {
  connectLive,
  groupNamed,
  liveAccess,
  mayOnPods,
  pendingPod,
  serviceAccountToken,
  userNamed,
} from '../support/connection.ts';
import {execCredential, fakePlugin} from '../support/credentials.ts';
import {namespace} from '../support/live.ts';
import {forwardProxy} from '../support/proxy.ts';

const never = new AbortController().signal;
const shop = await namespace();
const here = {namespace: shop.name};
const canListPods = (cluster: Cluster) => expect(cluster.list('pods', here, never)).resolves.toBeInstanceOf(Array);

test('a client certificate within the kubeconfig, and in files beside it', async () => {
  const {certificate, key} = liveAccess();
  await canListPods(await connectLive({}));
  const user = {'client-certificate': await temporaryFile('u.crt', certificate), 'client-key': await temporaryFile('u.key', key)};
  await canListPods(await connectLive({user}));
});

test('a token, and a token in a file that is replaced while kops runs', async () => {
  await shop.apply(...mayOnPods({kind: 'ServiceAccount', name: 'default', namespace: shop.name}, ['list']));
  const token = await serviceAccountToken(shop.name);
  await canListPods(await connectLive({user: {token}}));

  const tokenFile = await temporaryFile('token', 'stale');
  const cluster = await connectLive({user: {tokenFile}});
  await expect(cluster.list('pods', here, never)).rejects.toMatchObject({
    message: 'the API server does not accept the credentials of context test',
    why: expect.stringContaining('the token was refused'),
    exitCode: 5,
  });
  await writeFile(tokenFile, token);
  await canListPods(cluster);
});

test('no credentials at all: the refusal says so', async () => {
  await expect((await connectLive({user: {}})).list('pods', here, never)).rejects.toMatchObject({exitCode: 5});
});

test('a plugin is asked again on 401, and when its token is about to expire', async () => {
  await shop.apply(...mayOnPods({kind: 'ServiceAccount', name: 'default', namespace: shop.name}, ['list']));
  const token = await serviceAccountToken(shop.name);
  const plugin = await fakePlugin();
  const exec = {apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Never', command: plugin.command};
  const cluster = await connectLive({user: {exec}});

  const minute = new Date(Date.now() + 60_000).toISOString();
  const good = JSON.stringify(execCredential({token, expirationTimestamp: minute}));
  await plugin.says(
    execCredential({token: 'stale', expirationTimestamp: minute}),
    `[ $(wc -l <"$0.runs") -gt 1 ] && echo '${good}' && exit`,
  );
  await canListPods(cluster);
  expect(await plugin.runs()).toHaveLength(2);

  await canListPods(cluster);
  expect(await plugin.runs()).toHaveLength(2);
  vi.useFakeTimers({toFake: ['Date'], now: Date.now() + 55_000});
  try {
    await canListPods(cluster);
  } finally {
    vi.useRealTimers();
  }
  expect(await plugin.runs()).toHaveLength(3);
});

test('a watch that is cut after its token expired goes on with a new one', async () => {
  await shop.apply(...mayOnPods({kind: 'ServiceAccount', name: 'default', namespace: shop.name}, ['get', 'list', 'watch']));
  const proxy = await forwardProxy();
  const plugin = await fakePlugin();
  await plugin.says(execCredential({token: await serviceAccountToken(shop.name), expirationTimestamp: new Date().toISOString()}));
  const exec = {apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Never', command: plugin.command};
  const cluster = await connectLive({user: {exec}, cluster: {'proxy-url': proxy.url}});
  const stop = new AbortController();
  const seen: string[] = [];
  const {done} = cluster.follow(
    'pods',
    here,
    (change) => void seen.push(change.type === 'listed' ? 'listed' : `${change.type} ${change.object.metadata?.name}`),
    stop.signal,
  );
  await vi.waitFor(() => expect(seen).toContain('listed'), 10_000);
  await shop.apply(pendingPod('before-the-cut'));
  await vi.waitFor(() => expect(seen).toContain('added before-the-cut'), 10_000);
  const before = (await plugin.runs()).length;
  proxy.cut();
  await shop.apply(pendingPod('after-the-cut'));
  await vi.waitFor(() => expect(seen).toContain('added after-the-cut'), 20_000);
  expect((await plugin.runs()).length).toBeGreaterThan(before);
  expect(seen.filter((note) => note === 'listed')).toHaveLength(1);
  stop.abort();
  await done;
});

test('impersonation with several groups: the right of the second one counts', async () => {
  await shop.apply(...mayOnPods(groupNamed('kops:second'), ['list']));
  await canListPods(await connectLive({}, {as: 'jane', asGroups: ['kops:first', 'kops:second']}));
  const without = await connectLive({}, {as: 'jane', asGroups: ['kops:first']});
  await expect(without.list('pods', here, never)).rejects.toMatchObject({
    message: `jane may not list pods in namespace ${shop.name}`,
    next: `kubectl auth can-i list pods -n ${shop.name} --context test --as jane`,
    exitCode: 5,
  });
  const {user} = liveAccess();
  await canListPods(await connectLive({user: {...user, as: 'joe', 'as-groups': ['a', 'kops:second']}}));
});

test.each([
  ['list but not watch', ['list'], undefined, {}],
  ['get one pod and nothing else', ['get'], ['web'], {fieldSelector: 'metadata.name=web'}],
])('who may %s is served by polling', async (_case, verbs, resourceNames, query) => {
  const own = await namespace();
  const user = `kops:${verbs.join('-')}`;
  await own.apply(...mayOnPods(userNamed(user), verbs, resourceNames), pendingPod('web'));
  const cluster = await connectLive({}, {as: user});
  const stop = new AbortController();
  const followed = cluster.follow('pods', {namespace: own.name, ...query}, () => {}, stop.signal);
  const labelOf = () => [...followed.objects.values()][0]?.metadata?.labels?.app;
  await vi.waitFor(() => expect([followed.mode, labelOf()]).toEqual(['poll', 'web']), 10_000);
  await own.patch('pods', 'web', {metadata: {labels: {app: 'changed'}}});
  await vi.waitFor(() => expect(labelOf()).toBe('changed'), 10_000);
  stop.abort();
  await followed.done;
});
