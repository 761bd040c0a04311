import {expect, test} from 'vitest';
import {archivedConfigurations, archiveWords, spreadArchive} from '../../src/encryption/archive.ts';
import {applyChange, observeForChange, prepareChange} from '../../src/encryption/change.ts';
import {renderConfiguration} from '../../src/encryption/configuration/configuration.ts';
import {ARCHIVE_FOLDER} from '../../src/encryption/transaction/record.ts';
import {setupStages} from '../../src/encryption/transaction/stages.ts';
import {readFile, writeFile} from '../../src/nodes/files.ts';
import {playControlPlane} from '../support/played-control-plane.ts';
import {playNode} from '../support/played-node.ts';
import {secretboxWith} from '../support/servers.ts';
import {keyNamed} from '../support/stored.ts';

const {signal} = new AbortController();
const file = (name: string) => `${ARCHIVE_FOLDER}/${name}`;
const retired = renderConfiguration(secretboxWith(['old', 'identity']));

function nodesWith(...archives: readonly Readonly<Record<string, string>>[]) {
  return archives.map((files, i) => {
    const played = playNode();
    for (const [name, content] of Object.entries(files)) played.write(file(name), content);
    return {name: `cp-${i + 1}`, node: played.node, has: (name: string) => played.read(file(name))};
  });
}

test('what people put into the archive is left alone: the rest is read', async () => {
  const nodes = nodesWith({
    'one.yaml': retired,
    'note.txt': 'ask Ada',
    'broken.yaml': '{',
    'old/two.yaml': retired,
    'x.yaml/y': '',
  });
  expect((await archivedConfigurations(nodes, signal)).map(({where}) => where)).toEqual([`${file('one.yaml')} on cp-1`]);
});

test('what some nodes have archived is given to those that lack it', async () => {
  const nodes = nodesWith({'one.yaml': retired}, {'one.yaml': retired, 'two.yaml': retired, 'note.txt': 'ask Ada'}, {});
  const spread = await spreadArchive(nodes, signal);
  expect(archiveWords(spread)).toBe('gave cp-3 and cp-1 archived keys of the others');
  for (const {has} of nodes) expect([has('one.yaml'), has('two.yaml')]).toEqual([retired, retired]);
  expect(nodes.map(({has}) => has('note.txt'))).toEqual([undefined, 'ask Ada', undefined]);
  expect(archiveWords(await spreadArchive(nodes, signal))).toBeUndefined();
});

test('what no node can read is told, and given to nobody', async () => {
  const nodes = nodesWith({'one.yaml': '{', 'two.yaml': '{'}, {'two.yaml': retired}, {});
  const spread = await spreadArchive(nodes, signal);
  expect(archiveWords(spread)).toContain(`left alone in the archive: ${file('one.yaml')} on cp-1`);
  expect(spread.given).toEqual([{node: 'cp-3', file: 'two.yaml'}]);
});

test('a change gives a control plane that has taken the place of another the archived keys', async () => {
  const {plane} = playControlPlane([undefined, undefined]);
  const [first, second] = plane.nodes;
  if (first === undefined || second === undefined) return expect.unreachable();
  await writeFile(first.node, file('one.yaml'), Buffer.from(retired), {mode: '600'}, signal);
  const stages = setupStages(undefined, ['secrets'], {provider: 'secretbox', key: keyNamed('new')}, false);
  const options = {rewrite: false, snapshot: undefined, confirmWithin: 30, now: new Date(0)};
  const change = {operation: 'setup', resources: ['secrets'], stages} as const;
  const prepared = await prepareChange(plane, await observeForChange(plane, signal), change, options, signal);
  const told: string[] = [];
  const begun = applyChange(
    plane,
    prepared,
    {rewrite: async () => {}, snapshot: async () => {}},
    {
      async run([preflight]) {
        await preflight?.run((text) => told.push(text));
        throw new Error('enough');
      },
    },
    signal,
  );
  await expect(begun).rejects.toThrow('enough');
  expect(told.at(-1)).toBe('API, etcd, disk, rights, admission; gave cp-2 archived keys of the others');
  expect((await readFile(second.node, file('one.yaml'), signal))?.content.toString()).toBe(retired);
});
