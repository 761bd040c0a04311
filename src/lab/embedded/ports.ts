import {createServer} from 'node:net';
import {ExitCode, Problem} from '../../problem.ts';

/** Below the range that Linux takes outgoing ports from, so that a lab finds its ports free again; off the NodePort range too. */
const FIRST = 20_000;
const LAST = 29_999;
const ATTEMPTS = 2_000;

/** Different ports that nobody listens on and that are not in `reserved`. `random` as Math.random. */
export async function freePorts(count: number, reserved: ReadonlySet<number>, random: () => number): Promise<number[]> {
  const ports = new Set<number>();
  for (let i = 0; ports.size < count && i < ATTEMPTS; i++) {
    const port = FIRST + Math.floor(random() * (LAST - FIRST + 1));
    if (!reserved.has(port) && !ports.has(port) && (await isFree(port))) ports.add(port);
  }
  if (ports.size === count) return [...ports];
  throw new Problem('no free ports for the lab', {
    why: `fewer than ${count} of the ports ${FIRST} to ${LAST} on 127.0.0.1 are free`,
    next: 'remove labs that are not needed any more: kops lab list',
    exitCode: ExitCode.negative,
  });
}

/** Whether nobody listens on that port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({host: '127.0.0.1', port, exclusive: true}, () => server.close(() => resolve(true)));
  });
}
