import {type AddressInfo, connect, createServer} from 'node:net';
import {onTestFinished} from 'vitest';

interface SocksProxy {
  readonly url: string;
  /** `host:port` of each connection it was asked for. */
  readonly targets: string[];
}

/** A SOCKS5 proxy (RFC 1928, 1929) on a real socket. `reply` other than 0 refuses; `password` is what `jane` must have. */
export async function socksProxy({reply = 0, password}: {reply?: number; password?: string} = {}): Promise<SocksProxy> {
  const targets: string[] = [];
  const server = createServer(async (client) => {
    client.on('error', () => client.destroy());
    const messages = client[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const next = async (): Promise<Buffer> => (await messages.next()).value ?? Buffer.alloc(0);
    const [, , ...methods] = await next();
    const method = password === undefined ? 0 : methods.includes(2) ? 2 : 255;
    client.write(Buffer.from([5, method]));
    if (method === 2) {
      const expected = `\u0001\u0004jane${String.fromCharCode(password?.length ?? 0)}${password}`;
      client.write(Buffer.from([1, (await next()).toString() === expected ? 0 : 1]));
    }
    const {host, port} = targetOf(await next());
    targets.push(`${host}:${port}`);
    client.write(Buffer.from([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]));
    const upstream = connect(port, host);
    upstream.on('error', () => client.destroy()).on('data', (chunk) => client.write(chunk));
    for (let chunk = await next(); chunk.length > 0; chunk = await next()) upstream.write(chunk);
    upstream.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return {url: `socks5://127.0.0.1:${(server.address() as AddressInfo).port}`, targets};
}

function targetOf(request: Buffer): {host: string; port: number} {
  const isName = request[3] === 3;
  const end = isName ? 5 + (request[4] ?? 0) : 8;
  const host = isName ? request.toString('latin1', 5, end) : request.subarray(4, end).join('.');
  return {host, port: end + 2 <= request.length ? request.readUInt16BE(end) : 0};
}
