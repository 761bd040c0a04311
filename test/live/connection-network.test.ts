import {afterEach, expect, test, vi} from 'vitest';
import type {Cluster} from '../../src/kube/cluster.ts';
import {connectLive, liveAccess, pendingPod} from '../support/connection.ts';
import {namespace} from '../support/live.ts';
import {forwardProxy} from '../support/proxy.ts';

const never = new AbortController().signal;
const shop = await namespace();
const here = {namespace: shop.name};
const canListPods = (cluster: Cluster) => expect(cluster.list('pods', here, never)).resolves.toBeInstanceOf(Array);

afterEach(() => void vi.unstubAllEnvs());

/** The API server under a name that only the proxy knows: who gets through went through it. */
async function behindProxy(): Promise<{proxy: Awaited<ReturnType<typeof forwardProxy>>; server: string; serverName: object}> {
  const proxy = await forwardProxy({'api.kops.test': liveAccess().server.host});
  return {proxy, server: 'https://api.kops.test:6443', serverName: {'tls-server-name': 'kubernetes'}};
}

test('proxy-url: requests go through it, with its user name and password', async () => {
  const {proxy, server, serverName} = await behindProxy();
  const proxyUrl = proxy.url.replace('//', '//jane:s3cret@');
  await canListPods(await connectLive({cluster: {server, ...serverName, 'proxy-url': proxyUrl}}));
  expect(proxy.tunnels).toEqual(['api.kops.test:6443']);
  expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('jane:s3cret').toString('base64')}`]);
});

test('HTTPS_PROXY is used, and NO_PROXY spares the names it lists', async () => {
  const {proxy, server, serverName} = await behindProxy();
  vi.stubEnv('HTTPS_PROXY', proxy.url);
  const cluster = {server, ...serverName};
  await canListPods(await connectLive({cluster}));
  expect(proxy.tunnels).toHaveLength(1);

  vi.stubEnv('NO_PROXY', '.kops.test');
  await expect((await connectLive({cluster})).list('pods', here, never)).rejects.toMatchObject({
    message: 'cannot reach the API server https://api.kops.test:6443 (context test)',
    exitCode: 5,
  });
  expect(proxy.tunnels).toHaveLength(1);
});

test('tls-server-name is the name that the certificate must have', async () => {
  const {proxy, server, serverName} = await behindProxy();
  const cluster = {server, 'proxy-url': proxy.url};
  await expect((await connectLive({cluster})).list('pods', here, never)).rejects.toMatchObject({
    why: 'it was issued for other names than the one of the server',
    exitCode: 5,
  });
  await canListPods(await connectLive({cluster: {...cluster, ...serverName}}));
});

test('a proxy that is not there is told from a server that is not there', async () => {
  const cluster = {'proxy-url': 'http://127.0.0.1:1'};
  await expect((await connectLive({cluster})).list('pods', here, never)).rejects.toMatchObject({
    message: expect.stringContaining('through the proxy http://127.0.0.1:1'),
    why: 'at the proxy: nothing listens there (connection refused)',
    exitCode: 5,
  });
});

test('a network that drops packets is noticed on a quiet watch within 30 s, and what was missed is made up for', async () => {
  const proxy = await forwardProxy();
  const cluster = await connectLive({cluster: {'proxy-url': proxy.url}});
  const stop = new AbortController();
  const followed = cluster.follow('pods', here, () => {}, stop.signal);
  await vi.waitFor(() => expect(followed.synced).toBe(true), 10_000);
  const names = () => [...followed.objects.values()].map(({metadata}) => metadata?.name);
  proxy.freeze();
  await shop.apply(pendingPod('unseen'));
  await vi.waitFor(() => expect(followed.trouble?.message).toMatch(/^(no answer from|cannot reach) the API server/), {
    timeout: 30_000,
    interval: 100,
  });
  expect(names()).toEqual([]);
  proxy.thaw();
  await vi.waitFor(() => expect([names(), followed.trouble]).toEqual([['unseen'], undefined]), {timeout: 30_000, interval: 100});
  stop.abort();
  await followed.done;
});
