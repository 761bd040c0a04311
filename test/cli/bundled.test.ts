import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type Command, type Interfaces, Plugin} from '@oclif/core';
import {expect, onTestFinished, test} from 'vitest';
import {bundledPlugin} from '../../src/cli/bundled.ts';

const command = (id: string, more: object = {}) => [
  id,
  {id, aliases: [], hiddenAliases: [], hidden: false, args: {}, flags: {}, ...more},
];

/** A package as it is published, with a manifest of these commands. */
async function published(commands: object): Promise<{root: string; pjson: Interfaces.PJSON}> {
  const root = await mkdtemp(join(tmpdir(), 'kops-bundled-'));
  onTestFinished(() => rm(root, {recursive: true, force: true}));
  const pjson = JSON.parse(await readFile('package.json', 'utf8'));
  await writeFile(join(root, 'oclif.manifest.json'), JSON.stringify({version: pjson.version, commands}));
  return {root, pjson};
}

/** What of a plugin its config reads, whoever made it. */
const contentsOf = ({
  name,
  version,
  alias,
  type,
  valid,
  hooks,
  topics,
  commands,
  commandIDs,
  hasManifest,
}: Interfaces.Plugin) => ({
  ...{name, version, alias, type, valid, hooks, topics, commandIDs, hasManifest},
  commands: commands.map(({load: _, ...cached}) => cached),
});

test('oclif finds in it what it would find in a plugin of its own', async () => {
  const manifest = [
    command('lab:up', {summary: 'Up.', hidden: true}),
    command('rollout:status', {aliases: ['status'], flags: {all: {}}}),
  ];
  const {root, pjson} = await published(Object.fromEntries(manifest));
  const own = new Plugin({root, pjson, isRoot: true});
  await own.load();
  expect(contentsOf(bundledPlugin(root, pjson, {}))).toEqual(contentsOf(own as Interfaces.Plugin));
});

test('a command is evaluated when it is loaded, and knows its name and plugin', async () => {
  const {root, pjson} = await published(Object.fromEntries([command('lab:up'), command('lab:down')]));
  const evaluated: string[] = [];
  const bundle = Object.fromEntries(
    ['lab:up', 'lab:down'].map((id) => [
      id,
      async () => {
        evaluated.push(id);
        return {default: class {} as unknown as Command.Class};
      },
    ]),
  );
  const plugin = bundledPlugin(root, pjson, bundle);
  expect(evaluated).toEqual([]);
  const loaded = await plugin.commands.find(({id}) => id === 'lab:up')?.load();
  expect(evaluated).toEqual(['lab:up']);
  expect(loaded?.id).toBe('lab:up');
  expect(loaded?.plugin).toBe(plugin);
});
