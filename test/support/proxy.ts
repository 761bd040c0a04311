import {createServer, type IncomingMessage} from 'node:http';
import {type AddressInfo, connect, type Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import {onTestFinished} from 'vitest';

/** A forward proxy on a real socket: a tunnel for each CONNECT. Closed when the test ends. */
export interface ForwardProxy {
  readonly url: string;
  /** `host:port` of each tunnel that was asked for. */
  readonly tunnels: string[];
  /** What each of them showed as Proxy-Authorization. */
  readonly authorizations: (string | undefined)[];
  /** Closes all tunnels, as a proxy that restarts does. */
  cut(): void;
  /** Swallows every byte, of tunnels that are there and of those that are asked for, as a network that drops packets does. */
  freeze(): void;
  /** New tunnels work again; those that were frozen stay dead. */
  thaw(): void;
}

/** `hosts`: names that only this proxy knows, and the `host:port` behind them. */
export async function forwardProxy(hosts: Readonly<Record<string, string>> = {}): Promise<ForwardProxy> {
  const tunnels: string[] = [];
  const authorizations: (string | undefined)[] = [];
  let frozen = false;
  const pairs = new Set<readonly [Duplex, Socket]>();
  const server = createServer((_request, response) => void response.writeHead(405).end());
  server.on('connect', ({url = '', headers}: IncomingMessage, client: Duplex) => {
    tunnels.push(url);
    authorizations.push(headers['proxy-authorization']);
    if (frozen) return;
    const [host = '', port = ''] = (hosts[url.split(':')[0] ?? ''] ?? url).split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(upstream);
      upstream.pipe(client);
    });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const close = () => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const end of pair) end.on('error', close).on('close', close);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const cut = () => {
    for (const [client] of pairs) client.destroy();
  };
  onTestFinished(() => {
    server.close();
    cut();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    authorizations,
    cut,
    thaw() {
      frozen = false;
    },
    freeze() {
      frozen = true;
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream);
        upstream.unpipe(client);
        client.resume();
        upstream.resume();
      }
    },
  };
}
