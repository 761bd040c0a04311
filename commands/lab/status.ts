import {outputFlag} from '../../src/cli/command.ts';
import {LabCommand, labNameFlag} from '../../src/cli/lab.ts';
import {requireLab} from '../../src/lab/drivers.ts';
import {renderStatus} from '../../src/lab/view.ts';
import {ExitCode} from '../../src/problem.ts';

export default class LabStatusCommand extends LabCommand {
  static override summary = 'Tell whether a throwaway cluster runs, and which of its processes do not.';
  static override description =
    'Exit code 0 where all of it runs, 3 where some of it died, 5 where what it runs on cannot be asked.';
  static override examples = ['<%= config.bin %> lab status', '<%= config.bin %> lab status --name ha -o json'];
  static override flags = {...labNameFlag, ...outputFlag};

  async run(): Promise<void> {
    const {flags} = await this.parse(LabStatusCommand);
    const {status} = await requireLab(flags.name, this.drivers, this.signal);
    this.present(status, flags.output, renderStatus);
    this.exit(
      {up: ExitCode.ok, degraded: ExitCode.negative, stopped: ExitCode.negative, unknown: ExitCode.noAccess}[status.state],
    );
  }
}
