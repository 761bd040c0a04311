import {LabCommand, labNameFlag} from '../../src/cli/lab.ts';
import {requireLab, withinReach} from '../../src/lab/drivers.ts';

export default class LabKubeconfigCommand extends LabCommand {
  static override summary = 'Print the kubeconfig of a throwaway cluster.';
  static override examples = ['<%= config.bin %> lab kubeconfig > practice.yaml'];
  static override flags = {...labNameFlag};

  async run(): Promise<void> {
    const {flags} = await this.parse(LabKubeconfigCommand);
    const {driver} = withinReach(await requireLab(flags.name, this.drivers, this.signal));
    process.stdout.write(await driver.kubeconfig(flags.name, this.signal));
  }
}
