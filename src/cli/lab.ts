import {Flags} from '@oclif/core';
import type {Driver} from '../lab/driver.ts';
import {labDrivers} from '../lab/drivers.ts';
import {asGiven, BaseCommand} from './command.ts';

export const labNameFlag = {
  name: Flags.string({description: 'name of the lab', helpValue: 'NAME', default: 'kops'}),
};

/** Which kubeconfig file learns of a lab, and forgets it. */
export const labKubeconfigFlags = {
  kubeconfig: Flags.string({
    description: 'kubeconfig file; default: $KUBECONFIG, else ~/.kube/config',
    helpValue: 'FILE',
    parse: asGiven('a file'),
  }),
  'kubeconfig-update': Flags.boolean({
    description: "whether that file is to have the lab's contexts",
    allowNo: true,
    default: true,
  }),
};

/** A command about labs. */
export abstract class LabCommand extends BaseCommand {
  protected get drivers(): Driver[] {
    return labDrivers(process.env);
  }
}
