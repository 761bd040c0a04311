import {type AddressInfo, createServer, type Server} from 'node:net';
import {afterEach, expect, test} from 'vitest';
import {freePorts, isFree} from '../../../src/lab/embedded/ports.ts';

const servers: Server[] = [];
afterEach(() => servers.splice(0).map((server) => server.close()));

function listen(port: number): Promise<number> {
  const server = createServer();
  servers.push(server);
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

/** Chooses these ports of 20,000 to 29,999, one after the other. */
function choosing(ports: readonly number[]): () => number {
  let i = 0;
  return () => ((ports[i++] ?? 20_000) - 20_000 + 0.5) / 10_000;
}

test('ports are different, outside the range of outgoing connections, and free', async () => {
  const ports = await freePorts(20, new Set(), Math.random);
  expect(new Set(ports).size).toBe(20);
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(30_000);
    expect(await isFree(port)).toBe(true);
  }
});

test('a port that another lab has or someone listens on is passed over', async () => {
  const [taken = 0, reserved = 0, good = 0, another = 0] = await freePorts(4, new Set(), Math.random);
  await listen(taken);
  const random = choosing([taken, reserved, good, good, another]);
  expect(await freePorts(2, new Set([reserved]), random)).toEqual([good, another]);
});

test('a port is taken while someone listens', async () => {
  expect(await isFree(await listen(0))).toBe(false);
});

test('where none is left it ends and says what to do', async () => {
  const [only = 0] = await freePorts(1, new Set(), Math.random);
  await expect(freePorts(2, new Set(), () => (only - 20_000 + 0.5) / 10_000)).rejects.toThrow(
    expect.objectContaining({message: 'no free ports for the lab', exitCode: 3}),
  );
});
