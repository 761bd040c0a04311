import {outputFlag} from '../../src/cli/command.ts';
import {LabCommand} from '../../src/cli/lab.ts';
import {listLabs} from '../../src/lab/drivers.ts';
import type {LabList} from '../../src/lab/report.ts';
import {renderList} from '../../src/lab/view.ts';

export default class LabListCommand extends LabCommand {
  static override summary = 'List the throwaway clusters of this machine.';
  static override flags = {...outputFlag};

  async run(): Promise<void> {
    const {flags} = await this.parse(LabListCommand);
    const report: LabList = {kind: 'LabList', labs: await listLabs(this.drivers, this.signal)};
    this.present(report, flags.output, renderList);
  }
}
