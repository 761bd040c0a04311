import {resolve} from 'node:path';
import {Flags} from '@oclif/core';
import {outputFlag, yesFlag} from '../../src/cli/command.ts';
import {askFirst} from '../../src/cli/confirm.ts';
import {LabCommand, labKubeconfigFlags, labNameFlag} from '../../src/cli/lab.ts';
import {spin} from '../../src/cli/progress.ts';
import {type FoundLab, findLab, refuseMissing, removeLab, withinReach} from '../../src/lab/drivers.ts';
import {kubeconfigFiles, removeFromKubeconfig} from '../../src/lab/kubeconfig/file.ts';
import {checkLabName} from '../../src/lab/names.ts';
import type {LabRemoval} from '../../src/lab/report.ts';
import {renderRemoval} from '../../src/lab/view.ts';
import {Problem} from '../../src/problem.ts';

export default class LabDownCommand extends LabCommand {
  static override summary = 'Remove a throwaway cluster: its processes, its files, and its contexts in the kubeconfig.';
  static override description =
    'Asks first on a terminal. Elsewhere it does not: what is in a lab was made to be thrown away, and scripts clean up with this.\n\nEnds with 0 where the lab is gone, 5 where there is none of this name. Its contexts go from the files that `lab up` wrote them to, and from the one that is in use now.';
  static override examples = [
    '<%= config.bin %> lab down',
    '<%= config.bin %> lab down --name ha --yes',
    '<%= config.bin %> lab down --name ha --ignore-not-found',
  ];
  static override flags = {
    ...labNameFlag,
    'ignore-not-found': Flags.boolean({description: 'end with 0 also where there is no such lab'}),
    ...labKubeconfigFlags,
    ...yesFlag,
    ...outputFlag,
  };

  async run(): Promise<void> {
    const {flags, metadata} = await this.parse(LabDownCommand);
    const name = checkLabName(flags.name);
    const found = await findLab(name, this.drivers, this.signal);
    if (found) await this.ask(withinReach(found), flags.yes);
    const kubeconfigs = found && flags['kubeconfig-update'] ? await this.forget(found, flags.kubeconfig) : [];
    const removed = await spin(`removing lab ${name}`, process.stderr, process.env, () =>
      removeLab(name, this.drivers, this.signal),
    );
    const asked = {name, isNamed: metadata.flags.name?.setFromDefault !== true};
    if (!removed && !flags['ignore-not-found']) await refuseMissing(asked, this.drivers, this.signal);
    const report: LabRemoval = {kind: 'LabRemoval', name, removed, kubeconfigs};
    this.present(report, flags.output, renderRemoval);
  }

  private async ask({status: {name, driver}}: FoundLab, yes: boolean): Promise<void> {
    if (!process.stdin.isTTY || !process.stderr.isTTY) return;
    await askFirst(`Remove lab ${name} (${driver}) and all that is in it?`, {yes, signal: this.signal});
  }

  /** Before the lab goes: afterwards nobody would know which entries were its own. */
  private async forget({driver, status: {name, kubeconfigs = []}}: FoundLab, flag: string | undefined): Promise<string[]> {
    const kubeconfig = await driver.kubeconfig(name, this.signal).catch((error) => {
      if (error instanceof Problem) return ''; // a lab that never came up has none
      throw error;
    });
    const files = new Set([...kubeconfigs, ...kubeconfigFiles(flag, process.env).map((file) => resolve(file))]);
    return removeFromKubeconfig([...files], kubeconfig, this.signal);
  }
}
