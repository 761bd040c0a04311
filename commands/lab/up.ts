import {Flags} from '@oclif/core';
import {BaseCommand, outputFlag} from '../../src/cli/command.ts';
import {lineProgress} from '../../src/cli/progress.ts';
import {createEmbeddedDriver} from '../../src/lab/embedded/driver.ts';
import {foldersOf} from '../../src/lab/folders.ts';
import {checkLabName} from '../../src/lab/names.ts';
import {createPrograms} from '../../src/lab/programs/programs.ts';

export default class LabUpCommand extends BaseCommand {
  static override summary = 'Bring up a throwaway cluster.';
  static override flags = {
    ...outputFlag,
    name: Flags.string({default: 'kops'}),
    driver: Flags.option({options: ['embedded', 'kind'] as const})(),
    'control-planes': Flags.integer({min: 1}),
    workers: Flags.integer({min: 0}),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(LabUpCommand);
    const folders = foldersOf(process.env);
    const driver = createEmbeddedDriver(folders.labs, createPrograms(folders.programs));
    const lab = await driver.up(
      {name: checkLabName(flags.name), controlPlanes: flags['control-planes'], workers: flags.workers},
      lineProgress((line) => this.tell(line), this.errorScreen),
      this.signal,
    );
    this.present(lab.status, flags.output, (r) => `${r.name} ${r.state}`);
  }
}
