import {expect, test} from 'vitest';
import {API_SERVER_MANIFEST, type RunningServer} from '../../../src/encryption/control-plane.ts';
import {ABSENT, type Transaction} from '../../../src/encryption/transaction/record.ts';
import {bring, disagreement, pauseAfter} from '../../../src/encryption/transaction/servers.ts';
import {ConnectionProblem} from '../../../src/kube/errors.ts';
import {sha256} from '../../../src/nodes/files.ts';
import type {Node} from '../../../src/nodes/node.ts';
import {Unreachable} from '../../../src/nodes/problems.ts';
import {CONFIGURATION, type Fault, playControlPlane} from '../../support/played-control-plane.ts';

const {signal} = new AbortController();

/** Gives an API server a manifest with one more line. The connection is lost at these confirmations, counted from 1, before or after them. */
async function restartWith(lost: (confirmation: number) => 'before' | 'after' | false, confirmWithin: number, fault?: Fault) {
  const played = playControlPlane([fault]);
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

const RUNNING: RunningServer = {answers: true, startTime: 1_000, configHash: 'old', listsSecrets: true, notReady: []};

test.each([
  ['comes back', {...RUNNING, answers: false}, [400, 400, 400]],
  [
    'has read its new configuration and is not ready',
    {...RUNNING, configHash: 'new', notReady: ['kms-providers']},
    [400, 400, 400],
  ],
  ['waits for its next look at its configuration', RUNNING, [400, 1_000, 2_000]],
])('a server that %s is not asked more often than that is worth', (_, running, pauses) => {
  const missing = disagreement(running, {hash: 'new'}) ?? '';
  expect([1_000, 8_000, 40_000].map((waited) => pauseAfter(missing, waited))).toEqual(pauses);
});

test('a server that does not tell its metrics has not said that it runs without a configuration', async () => {
  const mute: Fault = {
    answer: ({path}, {manifest}) => (path === '/metrics' && manifest.includes('one more line') ? {status: 503} : undefined),
  };
  const {failure, isAsBefore, confirmations} = await restartWith(() => false, 5, mute);
  expect(failure).toMatchObject({why: expect.stringContaining('it could not read its metrics: 503')});
  expect({isAsBefore, confirmations}).toEqual({isAsBefore: true, confirmations: 0});
});

test('a server that was silent before its files changed, and then answers as the process that it was, is not taken for a new one', async () => {
  const slow: Fault = {
    answer({path}, {manifest}) {
      if (!manifest.includes('one more line')) throw new ConnectionProblem('no answer', {passing: true});
      return path === '/metrics' ? {body: 'process_start_time_seconds 1000\n'} : undefined;
    },
  };
  const {failure, isAsBefore, confirmations} = await restartWith(() => false, 5, slow);
  expect(failure).toMatchObject({why: expect.stringContaining('the old process still answers')});
  expect({isAsBefore, confirmations}).toEqual({isAsBefore: true, confirmations: 0});
});
