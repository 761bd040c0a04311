import {outputFlag, yesFlag} from '../../src/cli/command.ts';
import {askFirst} from '../../src/cli/confirm.ts';
import {LabCommand, labKubeconfigFlags, labNameFlag} from '../../src/cli/lab.ts';
import {spin} from '../../src/cli/progress.ts';
import type {Driver} from '../../src/lab/driver.ts';
import {type FoundLab, findLab, removeLab, withinReach} from '../../src/lab/drivers.ts';
import {kubeconfigFiles, removeFromKubeconfig} from '../../src/lab/kubeconfig/file.ts';
import {checkLabName} from '../../src/lab/names.ts';
import type {LabRemoval} from '../../src/lab/report.ts';
import {renderRemoval} from '../../src/lab/view.ts';
import {Problem} from '../../src/problem.ts';

export default class LabDownCommand extends LabCommand {
  static override summary = 'Remove a throwaway cluster: its processes, its files, and its contexts in the kubeconfig.';
  static override description =
    'Asks first on a terminal. Elsewhere it does not: what is in a lab was made to be thrown away, and scripts clean up with this.';
  static override examples = ['<%= config.bin %> lab down', '<%= config.bin %> lab down --name ha --yes'];
  static override flags = {...labNameFlag, ...labKubeconfigFlags, ...yesFlag, ...outputFlag};

  async run(): Promise<void> {
    const {flags} = await this.parse(LabDownCommand);
    const name = checkLabName(flags.name);
    const found = await findLab(name, this.drivers, this.signal);
    if (found) await this.ask(withinReach(found), flags.yes);
    const kubeconfigs = found && flags['kubeconfig-update'] ? await this.forget(found.driver, name, flags.kubeconfig) : [];
    const removed = await spin(`removing lab ${name}`, process.stderr, process.env, () =>
      removeLab(name, this.drivers, this.signal),
    );
    const report: LabRemoval = {kind: 'LabRemoval', name, removed, kubeconfigs};
    this.present(report, flags.output, renderRemoval);
  }

  private async ask({status: {name, driver}}: FoundLab, yes: boolean): Promise<void> {
    if (!process.stdin.isTTY || !process.stderr.isTTY) return;
    await askFirst(`Remove lab ${name} (${driver}) and all that is in it?`, {yes, signal: this.signal});
  }

  /** Before the lab goes: afterwards nobody would know which entries were its own. */
  private async forget(driver: Driver, name: string, flag: string | undefined): Promise<string[]> {
    const kubeconfig = await driver.kubeconfig(name, this.signal).catch((error) => {
      if (error instanceof Problem) return ''; // a lab that never came up has none
      throw error;
    });
    return removeFromKubeconfig(kubeconfigFiles(flag, process.env), kubeconfig, this.signal);
  }
}
