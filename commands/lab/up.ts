import {resolve} from 'node:path';
import {Flags} from '@oclif/core';
import {outputFlag} from '../../src/cli/command.ts';
import {LabCommand, labKubeconfigFlags, labNameFlag} from '../../src/cli/lab.ts';
import {createProgress} from '../../src/cli/progress.ts';
import {driverFor} from '../../src/lab/drivers.ts';
import {addToKubeconfig, checkKubeconfig, kubeconfigFiles} from '../../src/lab/kubeconfig/file.ts';
import {checkLabName} from '../../src/lab/names.ts';
import type {LabUp} from '../../src/lab/report.ts';
import {renderUp} from '../../src/lab/view.ts';

export default class LabUpCommand extends LabCommand {
  static override summary = 'Bring up a throwaway cluster, or bring one back whose processes died.';
  static override description =
    'Without --driver: kind where a Docker engine and kind answer, else embedded: a real control plane as processes of this machine (Linux), with simulated nodes and pods.';
  static override examples = [
    '<%= config.bin %> lab up',
    '<%= config.bin %> lab up --driver embedded --name ha --control-planes 3',
  ];
  static override flags = {
    ...labNameFlag,
    driver: Flags.option({description: 'what to make it with', options: ['embedded', 'kind'] as const})(),
    'control-planes': Flags.integer({description: 'how many API servers', min: 1, max: 9, helpValue: 'N'}),
    workers: Flags.integer({description: 'how many worker nodes', min: 0, max: 200, helpValue: 'N'}),
    image: Flags.string({description: "kind's node image; default: $KOPS_KIND_IMAGE, else kind's own", helpValue: 'IMAGE'}),
    ...labKubeconfigFlags,
    ...outputFlag,
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(LabUpCommand);
    const name = checkLabName(flags.name);
    const files = flags['kubeconfig-update'] ? kubeconfigFiles(flags.kubeconfig, process.env) : [];
    checkKubeconfig(files);
    const driver = await driverFor(name, flags.driver, this.drivers, this.signal);
    const {status, kubeconfig, outcome} = await driver.up(
      {name, controlPlanes: flags['control-planes'], workers: flags.workers, image: flags.image},
      createProgress(process.stderr, process.env, this.errorScreen),
      this.signal,
    );
    const merged = files.length > 0 ? await addToKubeconfig(files, kubeconfig, this.signal) : undefined;
    if (merged) driver.noteKubeconfig(name, resolve(merged.file));
    const report: LabUp = {
      ...status,
      outcome,
      ...(merged && {kubeconfig: merged.file}),
      ...(merged?.before && {contextBefore: merged.before}),
    };
    this.present(report, flags.output, renderUp);
  }
}
