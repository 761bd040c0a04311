import {type Command, type Interfaces, Plugin} from '@oclif/core';

/** The commands by oclif's names for them (`rollout:status`); one is evaluated when it is asked for. */
export type Commands = Readonly<Record<string, () => Promise<{readonly default: Command.Class}>>>;

/** Knows its commands from oclif's manifest, as any plugin does; their code comes from the bundle, where there are no files to import. */
export class BundledPlugin extends Plugin {
  private readonly bundle: Commands;

  constructor(root: string, pjson: Interfaces.PJSON, bundle: Commands) {
    super({root, pjson, name: pjson.name, isRoot: true});
    this.bundle = bundle;
  }

  override async findCommand(id: string): Promise<Command.Class> {
    const module = await this.bundle[id]?.();
    if (module === undefined) throw new Error(`the bundle has no ${id}`);
    return Object.assign(module.default, {id, plugin: this});
  }
}
