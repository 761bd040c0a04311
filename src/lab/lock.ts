import {createHash} from 'node:crypto';
import {createServer, type Server} from 'node:net';
import {until} from './until.ts';

const DAY = 24 * 3_600_000;

/**
 * Runs `action` while no other process of this machine runs one under the same key (a path). The lock is an abstract socket (unix(7)), so
 * it dies with its owner and leaves nothing behind. Linux only. `onWait` is called once if it is taken.
 */
export async function withLock<T>(key: string, action: () => Promise<T>, signal: AbortSignal, onWait = () => {}): Promise<T> {
  const address = `\0kops-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
  let lock = await tryListen(address);
  if (!lock) {
    onWait();
    lock = await until(() => tryListen(address), {timeout: DAY, signal});
  }
  try {
    return await action();
  } finally {
    lock?.close();
  }
}

function tryListen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(address, () => resolve(server.unref()));
  });
}
