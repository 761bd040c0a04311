import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Command, Interfaces} from '@oclif/core';

/** The commands by oclif's names for them (`rollout:status`); one is evaluated when it is asked for. */
export type Commands = Readonly<Record<string, () => Promise<{readonly default: Command.Class}>>>;

/**
 * What oclif's own `Plugin` is of a package with a manifest, but its commands come from the bundle, where there are no files to import. And it
 * is quick: oclif's sorts commands by the rules of the user's language, and loading those takes longer than all else it does.
 */
export function bundledPlugin(root: string, pjson: Interfaces.PJSON, bundle: Commands): Interfaces.Plugin {
  const {commands}: Interfaces.Manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8'));
  const {name, version} = pjson;
  const type = 'core';
  const findCommand = async (id: string): Promise<Command.Class> => {
    const command = (await bundle[id]?.())?.default;
    if (command === undefined) throw new Error(`the bundle has no ${id}`);
    return Object.assign(command, {id, plugin});
  };
  const plugin: Interfaces.Plugin = {
    _base: '',
    alias: name,
    commandIDs: Object.keys(commands),
    commands: Object.values(commands).map((cached) => ({
      ...cached,
      pluginAlias: name,
      pluginType: type,
      load: () => findCommand(cached.id),
    })),
    commandsDir: undefined,
    findCommand,
    hasManifest: true,
    hooks: {},
    isRoot: true,
    load: async () => {},
    moduleType: 'commonjs',
    name,
    options: {root},
    pjson,
    root,
    topics: Object.entries(pjson.oclif.topics ?? {}).map(([topic, of]) => ({...of, name: topic})),
    type,
    valid: true,
    version,
  };
  return plugin;
}
