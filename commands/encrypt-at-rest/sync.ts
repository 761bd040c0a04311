import {Args} from '@oclif/core';
import {changeFlags, clusterFlags, outputFlag, yesFlag} from '../../src/cli/command.ts';
import {askFirst} from '../../src/cli/confirm.ts';
import {EncryptionCommand, nodeFlags} from '../../src/cli/encryption.ts';
import {planSync, syncNode} from '../../src/encryption/sync.ts';
import {renderSync} from '../../src/encryption/view/sync.ts';

export default class EncryptAtRestSyncCommand extends EncryptionCommand {
  static override summary = 'Give a joining control plane the encryption configuration, before its API server needs it.';
  static override description =
    'kubeadm hands the flag to a control plane that joins, and not the file that it names. A file that is there already is never overwritten. What the others have archived goes there too; a worker gets nothing.';
  static override examples = [
    '<%= config.bin %> encrypt-at-rest sync cp-3 --dry-run',
    '<%= config.bin %> encrypt-at-rest sync cp-3',
  ];
  static override args = {node: Args.string({description: 'the node, as the cluster calls it or will', required: true})};
  static override flags = {...clusterFlags, ...nodeFlags, ...outputFlag, ...changeFlags, ...yesFlag};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(EncryptAtRestSyncCommand);
    await this.withControlPlane(flags, async (plane) => {
      if (flags['dry-run'] !== 'none') {
        const target = await this.nodeOf(args.node, plane, flags);
        return this.present(await planSync(plane, target, this.signal), flags.output, renderSync);
      }
      await askFirst(`Copy the encryption configuration, with its keys, to ${args.node}?`, {yes: flags.yes, signal: this.signal});
      const node = await this.nodeOf(args.node, plane, flags);
      this.present(await syncNode(plane, node, this.signal), flags.output, renderSync);
    });
  }
}
