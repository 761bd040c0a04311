import {expect, test} from 'vitest';
import {applyChange, observeForChange, prepareChange} from '../../../src/encryption/change.ts';
import {RECORD_FILE} from '../../../src/encryption/transaction/record.ts';
import {setupStages} from '../../../src/encryption/transaction/stages.ts';
import {readOpen} from '../../../src/encryption/transaction/store.ts';
import type {EncryptionRun} from '../../../src/encryption/transaction/transact.ts';
import type {Node} from '../../../src/nodes/node.ts';
import {Problem} from '../../../src/problem.ts';
import {type PlayedControlPlane, playControlPlane} from '../../support/played-control-plane.ts';
import {keyNamed} from '../../support/stored.ts';

const never = () => Promise.reject(new Error('not asked for'));
const progress = {
  async run(steps: readonly {run(detail: (text: string) => void): Promise<void>}[]) {
    for (const step of steps) await step.run(() => {});
  },
};

/** Two control planes; what is done with a path that ends so on one of them goes through `fault` first, but for reading. */
function faulty(node: string, path: string, fault: () => void): PlayedControlPlane {
  const played = playControlPlane([undefined, undefined]);
  const nodes = played.plane.nodes.map((server) => {
    const run: Node['run'] = async (script, args, options, signal) => {
      const writes = options.input !== undefined && args.some((arg) => arg.endsWith(path));
      if (server.name === node && writes) fault();
      return server.node.run(script, args, options, signal);
    };
    return {...server, node: {...server.node, run}};
  });
  return {...played, plane: {...played.plane, nodes}};
}

async function setUp({plane}: PlayedControlPlane, signal: AbortSignal): Promise<EncryptionRun> {
  const stages = setupStages(undefined, ['secrets'], {provider: 'secretbox', key: keyNamed('new')}, false);
  const options = {rewrite: false, snapshot: undefined, confirmWithin: 30, now: new Date(0)};
  const change = {operation: 'setup', resources: ['secrets'], stages} as const;
  const prepared = await prepareChange(plane, await observeForChange(plane, signal), change, options, signal);
  return applyChange(plane, prepared, {rewrite: never, snapshot: never}, progress, signal);
}

const stagesOn = async ({plane}: PlayedControlPlane, signal: AbortSignal): Promise<string> => {
  const list = ({node}: PlayedControlPlane['plane']['nodes'][number]) =>
    node.run('find "$1/etc/kubernetes/kops" -name "stage-*"', [node.root], {}, signal);
  return (await Promise.all(plane.nodes.map(list))).map(({stdout}) => stdout.toString()).join('');
};

test.each([
  ['a stage', 'cp-2', 'stage-write.yaml', 'rolled back'],
  ['the first record', 'cp-2', RECORD_FILE, 'rolled back'],
  ['the record of the lead, which comes last', 'cp-1', RECORD_FILE, 'open'],
] as const)(
  'a change that cannot write %s is open where a node knows of it, and nothing where none does',
  async (_what, node, path, outcome) => {
    const {signal} = new AbortController();
    const played = faulty(node, path, () => {
      throw new Problem('no space left on device', {exitCode: 3});
    });
    expect(await setUp(played, signal)).toMatchObject({outcome, why: {what: 'no space left on device'}});
    expect((await readOpen(played.plane.nodes, signal)) !== undefined).toBe(outcome === 'open');
    expect((await stagesOn(played, signal)) !== '').toBe(outcome === 'open');
  },
);

test('Ctrl-C while a change begins leaves nothing open, and no key', async () => {
  const controller = new AbortController();
  const played = faulty('cp-2', 'stage-write.yaml', () => controller.abort());
  expect(await setUp(played, controller.signal)).toMatchObject({outcome: 'rolled back', why: {what: 'interrupted'}});
  const {signal} = new AbortController();
  expect(await readOpen(played.plane.nodes, signal)).toBeUndefined();
  expect(await stagesOn(played, signal)).toBe('');
});
