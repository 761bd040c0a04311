import {X509Certificate} from 'node:crypto';
import {readFileSync} from 'node:fs';
import type {TLSSocket} from 'node:tls';
import {describe, expect, test, vi} from 'vitest';
import type {Cluster} from '../../../src/kube/cluster.ts';
import {connect} from '../../../src/kube/connect.ts';
import {renewAt} from '../../../src/kube/credentials/exec-plugin.ts';
import {createAuthority} from '../../../src/lab/embedded/certificates.ts';
import {type FakeApiServer, fakeApiServer, json, pod, refuse} from '../../support/apiserver.ts';
import {execCredential, type FakePlugin, fakePlugin} from '../../support/credentials.ts';
import {startKops} from '../../support/process.ts';

const never = new AbortController().signal;
const get = (cluster: Cluster, signal = never) => cluster.get('pods', {namespace: 'shop', name: 'web'}, signal);
const inSeconds = (n: number) => new Date(Date.now() + n * 1000).toISOString();

/** A server that lets in who has one of the tokens. */
const serverFor = (...tokens: string[]) =>
  fakeApiServer(({headers}, response) => {
    if (tokens.some((token) => headers.authorization?.[0] === `Bearer ${token}`)) json(response, pod('web'));
    else refuse(response, 401, 'Unauthorized', 'Unauthorized');
  });

async function connectBy(plugin: FakePlugin, server: FakeApiServer, exec: object = {}, cluster: object = {}): Promise<Cluster> {
  const {command} = plugin;
  const user = {token: '', exec: {apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Never', command, ...exec}};
  return connect({kubeconfig: await server.kubeconfig({user, cluster})});
}

test('a plugin is asked once for as long as its token holds, however many ask at a time', async () => {
  const [plugin, server] = [await fakePlugin(), await serverFor('one')];
  await plugin.says(execCredential({token: 'one', expirationTimestamp: inSeconds(3600)}));
  const cluster = await connectBy(plugin, server);
  expect(await plugin.runs()).toHaveLength(0);
  await Promise.all([get(cluster), get(cluster), get(cluster)]);
  await get(cluster);
  expect(await plugin.runs()).toHaveLength(1);
});

test('it is asked again when its token has expired', async () => {
  const [plugin, server] = [await fakePlugin(), await serverFor('one', 'two')];
  await plugin.says(execCredential({token: 'one', expirationTimestamp: inSeconds(-1)}));
  const cluster = await connectBy(plugin, server);
  await get(cluster);
  await plugin.says(execCredential({token: 'two', expirationTimestamp: inSeconds(3600)}));
  await get(cluster);
  expect(server.asked.map(({headers}) => headers.authorization?.[0])).toEqual(['Bearer one', 'Bearer two']);
});

test.each([
  ['an hour', 3600, 3590],
  ['a minute', 60, 50],
  ['ten seconds', 10, 5],
  ['a time that is over', -60, -60],
])('a credential that holds for %s is renewed before that', (_case, holds, renewed) => {
  expect(renewAt(1_000_000 + holds * 1000, 1_000_000)).toBe(1_000_000 + renewed * 1000);
});

test('a credential without an end is kept', () => {
  expect(renewAt(undefined, 1_000_000)).toBe(Number.POSITIVE_INFINITY);
});

test('it is asked again on 401, and the request goes through', async () => {
  const [plugin, server] = [await fakePlugin(), await serverFor('two')];
  const cluster = await connectBy(plugin, server);
  await plugin.says(
    execCredential({token: 'one'}),
    `[ $(wc -l <"$0.runs") -gt 1 ] && echo '${JSON.stringify(execCredential({token: 'two'}))}' && exit`,
  );
  await get(cluster);
  expect(await plugin.runs()).toHaveLength(2);
});

test('a plugin whose tokens are all refused is asked twice and then named', async () => {
  const [plugin, server] = [await fakePlugin(), await serverFor()];
  await plugin.says(execCredential({token: 'hush'}));
  const cluster = await connectBy(plugin, server);
  await expect(get(cluster)).rejects.toMatchObject({
    message: 'the API server does not accept the credentials of context test',
    why: `the plugin ${plugin.command} gave credentials that the API server refuses`,
    next: 'log in again, then check with: kubectl auth whoami --context test',
    exitCode: 5,
  });
  expect(await plugin.runs()).toHaveLength(2);
});

test('it learns its version, whether it may ask, and about the cluster where it wants to', async () => {
  const [plugin, server] = [await fakePlugin(), await serverFor('one')];
  await plugin.says(execCredential({token: 'one'}, 'v1beta1'));
  const apiVersion = 'client.authentication.k8s.io/v1beta1';
  const extensions = [{name: 'client.authentication.k8s.io/exec', extension: {audience: 'shop'}}];
  await get(await connectBy(plugin, server, {apiVersion, provideClusterInfo: true}, {extensions}));
  await get(await connectBy(plugin, server, {apiVersion}));
  const [informed, plain] = await plugin.runs();
  expect(informed).toEqual({
    kind: 'ExecCredential',
    apiVersion,
    spec: {
      interactive: false,
      cluster: {
        server: server.url,
        'certificate-authority-data': Buffer.from(server.ca).toString('base64'),
        config: {audience: 'shop'},
      },
    },
  });
  expect(plain?.spec).toEqual({interactive: false});
});

test('its arguments and its environment come from the kubeconfig', async () => {
  const [plugin, server] = [await fakePlugin(), await serverFor('eu-west prod')];
  await plugin.says('', `echo '${JSON.stringify(execCredential({token: 'WHAT'}))}' | sed "s/WHAT/$REGION $2/"`);
  const cluster = await connectBy(plugin, server, {args: ['--cluster', 'prod'], env: [{name: 'REGION', value: 'eu-west'}]});
  await expect(get(cluster)).resolves.toBeDefined();
});

test.each<[string, string | object, string | undefined, RegExp]>([
  ['fails', '', 'echo "session expired,\nrun login" >&2; exit 3', /failed with exit code 3:\nsession expired,\nrun login$/],
  ['prints no JSON', 'token: hush', undefined, /printed no JSON object$/],
  ['prints something else', {kind: 'Secret', data: 'hush'}, undefined, /printed JSON that is not an ExecCredential$/],
  [
    'answers in another version',
    execCredential({token: 'hush'}, 'v1beta1'),
    undefined,
    /answered in client.authentication.k8s.io\/v1beta1 where/,
  ],
  [
    'gives nothing',
    execCredential({clientCertificateData: 'hush'}),
    undefined,
    /gave neither a token nor a certificate with its key$/,
  ],
  ['prints without end', '', 'exec yes hush', /printed more than a credential$/],
])('a plugin that %s is named, and nothing it printed is shown', async (_case, reply, lines, why) => {
  const [plugin, server] = [await fakePlugin(), await serverFor()];
  await plugin.says(reply, lines);
  const error = await get(await connectBy(plugin, server)).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    message: 'the credentials of context test cannot be had',
    why: expect.stringMatching(why),
    exitCode: 5,
  });
  expect(JSON.stringify(error)).not.toContain('hush');
});

test('of what a plugin complains about, the end is shown, without control sequences', async () => {
  const [plugin, server] = [await fakePlugin(), await serverFor()];
  await plugin.says('', `for i in $(seq 1000); do echo "line $i" >&2; done; printf '\\033[31mred\\n' >&2; exit 1`);
  await expect(get(await connectBy(plugin, server))).rejects.toMatchObject({
    why: expect.stringMatching(/:\nline 997\nline 998\nline 999\nline 1000\n␛\[31mred$/),
  });
});

test('a plugin that is not installed is named, with the hint of who wrote the kubeconfig', async () => {
  const [plugin, server] = [await fakePlugin(), await serverFor()];
  const missing = {command: 'no-such-plugin', installHint: 'brew install no-such-plugin\n'};
  await expect(get(await connectBy(plugin, server, missing))).rejects.toMatchObject({
    why: 'the plugin no-such-plugin was not found',
    next: 'brew install no-such-plugin',
  });
});

test.each([
  [{command: undefined}, 'the kubeconfig does not name its command'],
  [{interactiveMode: 'Always'}, 'must ask at a terminal (interactiveMode: Always), and standard input is none'],
  [
    {apiVersion: 'client.authentication.k8s.io/v1alpha1'},
    /is configured for client\.authentication\.k8s\.io\/v1alpha1; kops and kubectl speak/,
  ],
])('a plugin that cannot be served here: %o', async (exec, why) => {
  const [plugin, server] = [await fakePlugin(), await serverFor()];
  const attempt = connectBy(plugin, server, exec).then((cluster) => get(cluster));
  await expect(attempt).rejects.toMatchObject({
    why: typeof why === 'string' ? expect.stringContaining(why) : expect.stringMatching(why),
  });
});

test('Ctrl-C ends a plugin that still runs', async () => {
  const [plugin, server] = [await fakePlugin(), await serverFor()];
  await plugin.says('', 'exec sleep 60');
  const abort = new AbortController();
  const started = Date.now();
  const waiting = get(await connectBy(plugin, server), abort.signal);
  await vi.waitFor(async () => expect(await plugin.runs()).toHaveLength(1), 5_000);
  abort.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  expect(Date.now() - started).toBeLessThan(10_000);
});

describe('a plugin that does not listen to SIGTERM', () => {
  const stubborn = `trap '' TERM; echo $$ >"$0.pid"; exec sleep 60`;
  const pidOf = ({command}: FakePlugin) =>
    vi.waitFor(() => {
      const pid = Number(readFileSync(`${command}.pid`, 'utf8'));
      expect(pid).toBeGreaterThan(0);
      return pid;
    }, 10_000);
  const isGone = (pid: number) => vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 5_000);

  test('is killed a moment later', async () => {
    const [plugin, server] = [await fakePlugin(), await serverFor()];
    await plugin.says('', stubborn);
    const abort = new AbortController();
    const waiting = get(await connectBy(plugin, server), abort.signal);
    const pid = await pidOf(plugin);
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await isGone(pid);
  });

  test('does not outlive kops', async () => {
    const [plugin, server] = [await fakePlugin(), await serverFor()];
    await plugin.says('', stubborn);
    const exec = {apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Never', command: plugin.command};
    const kubeconfig = await server.kubeconfig({user: {token: '', exec}});
    const kops = startKops(['rollout', 'status', 'deploy/web', '--kubeconfig', kubeconfig]);
    const pid = await pidOf(plugin);
    kops.process.kill('SIGINT');
    expect((await kops.ended).code).toBe(130);
    await isGone(pid);
  });
});

/** Who the server is shown: the subjects of the certificates that connections are made with. */
async function serverThatSees(): Promise<{server: FakeApiServer; seen: string[]}> {
  const seen: string[] = [];
  const server = await fakeApiServer((_asked, response) => {
    const certificate = (response.socket as TLSSocket).getPeerX509Certificate();
    seen.push(certificate?.subject ?? 'none');
    json(response, pod('web'));
  });
  return {server, seen};
}
const certificateOf = async (commonName: string) =>
  (await createAuthority('users', Date.now())).issue({commonName, usages: ['client']});

test('a certificate from a plugin is what the connection is made with', async () => {
  const [plugin, {server, seen}] = [await fakePlugin(), await serverThatSees()];
  const jane = await certificateOf('jane');
  await plugin.says(execCredential({clientCertificateData: jane.certificate, clientKeyData: jane.key}));
  await get(await connectBy(plugin, server));
  expect(seen).toEqual([new X509Certificate(jane.certificate).subject]);
});

test.each([
  ['a token', {token: 'one'}],
  ['another certificate', undefined],
])('the certificate of the kubeconfig goes before a plugin that gives %s', async (_case, status) => {
  const [plugin, {server, seen}] = [await fakePlugin(), await serverThatSees()];
  const [jane, joe] = [await certificateOf('jane'), await certificateOf('joe')];
  await plugin.says(execCredential(status ?? {clientCertificateData: joe.certificate, clientKeyData: joe.key}));
  const user = {
    token: '',
    exec: {apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Never', command: plugin.command},
    'client-certificate-data': Buffer.from(jane.certificate).toString('base64'),
    'client-key-data': Buffer.from(jane.key).toString('base64'),
  };
  await get(await connect({kubeconfig: await server.kubeconfig({user})}));
  expect(seen).toEqual([new X509Certificate(jane.certificate).subject]);
  expect(server.asked[0]?.headers.authorization?.[0]).toBe(status && 'Bearer one');
});
