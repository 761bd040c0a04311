import {expect, test} from 'vitest';
import {API_SERVER_MANIFEST} from '../../../src/encryption/control-plane.ts';
import {ABSENT, type Transaction} from '../../../src/encryption/transaction/record.ts';
import {bring} from '../../../src/encryption/transaction/servers.ts';
import {sha256} from '../../../src/nodes/files.ts';
import type {Node} from '../../../src/nodes/node.ts';
import {Unreachable} from '../../../src/nodes/problems.ts';
import {CONFIGURATION, playControlPlane} from '../../support/played-control-plane.ts';

const {signal} = new AbortController();

/** Gives an API server a manifest with one more line. The connection is lost at these confirmations, counted from 1, before or after them. */
async function restartWith(lost: (confirmation: number) => 'before' | 'after' | false, confirmWithin: number) {
  const played = playControlPlane([undefined]);
  const [given] = played.plane.nodes;
  if (!given) throw new Error('no node is played');
  let confirmations = 0;
  const run: Node['run'] = async (script, args, options, abort) => {
    const when = args[0] === 'confirm' && lost(++confirmations);
    if (when === 'before') throw new Unreachable('the node cannot be reached', {started: false});
    const result = await given.node.run(script, args, options, abort);
    if (when) throw new Unreachable('the connection to the node was lost', {started: true});
    return result;
  };
  const api = await played.plane.cluster.apiAt(new URL('https://10.0.0.1:6443'));
  const before = played.files()[0] ?? '';
  const after = `${before}# one more line\n`;
  const bringing = bring(
    {...given, api, node: {...given.node, run}},
    {manifest: Buffer.from(after), configuration: ABSENT},
    {
      transaction: {id: 't', confirmWithin, configurationFile: CONFIGURATION} as Transaction,
      step: 'enable',
      known: (path) => [path === API_SERVER_MANIFEST ? sha256(Buffer.from(before)) : ABSENT],
      detail: () => {},
      signal,
    },
  );
  const failure: unknown = await bringing.then(
    () => undefined,
    (error) => error,
  );
  return {failure, stays: played.files()[0] === after, isAsBefore: played.files()[0] === before, confirmations};
}

test.each(['before', 'after'] as const)('a connection that is lost %s a confirmation is made again', async (when) => {
  const {failure, stays, confirmations} = await restartWith((n) => n === 1 && when, 30);
  expect({failure, stays, confirmations}).toEqual({failure: undefined, stays: true, confirmations: 2});
});

test('a node that is not reached again in time has its files of before', async () => {
  const {failure, isAsBefore, confirmations} = await restartWith(() => 'before', 6);
  expect(failure).toBeInstanceOf(Unreachable);
  expect(isAsBefore).toBe(true);
  expect(confirmations).toBeGreaterThan(1);
});
