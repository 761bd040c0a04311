import {Args} from '@oclif/core';
import {ClusterCommand, clusterFlags, outputFlag} from '../../src/cli/command.ts';
import {decodeSecret} from '../../src/config/decode.ts';

export default class SecretDecodeCommand extends ClusterCommand {
  static override summary = 'Print what a Secret holds, decoded.';
  static override args = {name: Args.string({description: 'name of the Secret', required: true})};
  static override flags = {...clusterFlags, ...outputFlag};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(SecretDecodeCommand);
    const cluster = await this.connect(flags);
    const secret = await cluster.get('secrets', {namespace: cluster.namespace, name: args.name}, this.signal);
    this.present(decodeSecret(secret), flags.output, (r) => Object.keys(r.data).join(' '));
  }
}
