import {once} from 'node:events';
import {connect, isIP, type Socket} from 'node:net';
import {http, https} from './node-http.ts';
import {ProxyRefusal} from './transport.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** A TCP connection to `target` through an http, https or socks5 proxy. Rejects with what the network says or with a `ProxyRefusal`. */
export const openTunnel = (proxy: URL, target: Target, signal: AbortSignal): Promise<Socket> =>
  proxy.protocol === 'socks5:' ? openSocks(proxy, target, signal) : openConnect(proxy, target, signal);

/** HTTP CONNECT, RFC 9110, 9.3.6. */
async function openConnect(proxy: URL, {host, port}: Target, signal: AbortSignal): Promise<Socket> {
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const {request} = proxy.protocol === 'https:' ? https : http;
  const {promise, resolve, reject} = Promise.withResolvers<Socket>();
  request(proxy, {
    method: 'CONNECT',
    path: authority,
    agent: false,
    signal,
    headers: {host: authority, ...(proxy.username && {'proxy-authorization': basic(proxy)})},
  })
    .on('connect', ({statusCode = 0}, socket: Socket) => {
      if (statusCode >= 200 && statusCode < 300) return resolve(socket);
      socket.destroy();
      reject(new ProxyRefusal(statusCode === 407 ? 'it asks for a user name and a password' : `it answered ${statusCode}`));
    })
    .on('response', (response) => {
      response.destroy();
      reject(new ProxyRefusal(`it answered ${response.statusCode}`));
    })
    .on('error', reject)
    .end();
  return promise;
}

const basic = ({username, password}: URL): string =>
  `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`;

/** SOCKS5, RFC 1928 and 1929; the proxy resolves names. */
async function openSocks(proxy: URL, target: Target, signal: AbortSignal): Promise<Socket> {
  const socket = connect({host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(proxy.port || 1080)});
  const read = async (bytes: number): Promise<Buffer> => {
    for (;;) {
      const chunk: Buffer | null = socket.read(bytes);
      if (chunk?.length === bytes) return chunk;
      if (chunk || socket.readableEnded || socket.destroyed) throw new ProxyRefusal('it closed the connection');
      await once(socket, 'readable', {signal});
    }
  };
  try {
    await once(socket, 'connect', {signal});
    const methods = proxy.username ? [NO_AUTHENTICATION, PASSWORD] : [NO_AUTHENTICATION];
    socket.write(Buffer.from([SOCKS5, methods.length, ...methods]));
    const [version, method] = await read(2);
    if (version !== SOCKS5) throw new ProxyRefusal('what answers there does not speak SOCKS5');
    if (method === PASSWORD && proxy.username) {
      const [name, password] = [proxy.username, proxy.password].map((part) => Buffer.from(decodeURIComponent(part)));
      socket.write(Buffer.from([1, name?.length ?? 0, ...(name ?? []), password?.length ?? 0, ...(password ?? [])]));
      const [, refused] = await read(2);
      if (refused) throw new ProxyRefusal('it does not accept the user name and the password');
    } else if (method !== NO_AUTHENTICATION) {
      throw new ProxyRefusal('it asks for a user name and a password');
    }
    socket.write(Buffer.from([SOCKS5, CONNECT, 0, ...addressOf(target.host), target.port >> 8, target.port & 0xff]));
    const [, reply = 0, , type] = await read(4);
    if (reply !== 0) throw new ProxyRefusal(REPLIES[reply] ?? `it refused with code ${reply}`);
    // The address it connects from: of no use here, but in the way.
    await read((type === NAME ? ((await read(1))[0] ?? 0) : type === IPV6 ? 16 : 4) + 2);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

const SOCKS5 = 5;
const CONNECT = 1;
const NO_AUTHENTICATION = 0;
const PASSWORD = 2;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;

/** An IPv6 address goes as a name: proxies look names up, and this one is its own answer. */
function addressOf(host: string): number[] {
  if (isIP(host) === 4) return [IPV4, ...host.split('.').map(Number)];
  const name = Buffer.from(host);
  return [NAME, name.length, ...name];
}

const REPLIES: Readonly<Record<number, string>> = {
  1: 'it failed',
  2: 'its rules do not allow the connection',
  3: 'it has no network to the server',
  4: 'it has no route to the server',
  5: 'nothing listens at the server (connection refused)',
  6: 'the connection to the server timed out',
};
