import {Flags} from '@oclif/core';
import {clusterFlags, kubectlScope, outputFlag, showCommandsFlag} from '../../src/cli/command.ts';
import {EncryptionCommand, nodeFlags, RIGHTS} from '../../src/cli/encryption.ts';
import {secretName, statusSources} from '../../src/cli/encryption-audit.ts';
import {statusCommands} from '../../src/encryption/audit-commands.ts';
import {residentsOf} from '../../src/encryption/residents.ts';
import {encryptionStatus, exitCodeOfStatus} from '../../src/encryption/status.ts';
import {renderStatus} from '../../src/encryption/view/status.ts';

export default class EncryptAtRestStatusCommand extends EncryptionCommand {
  static override summary = 'Tell what every API server encrypts with, whether they agree, and what is stored by which key.';
  static override description =
    `Compares each node's manifest and configuration with what its running API server reports, says whether a change is open, and counts objects in etcd where that can be read.

The first that holds is its exit code: 4 where a change is not finished, because servers may then differ, or be away; 3 where one does not do what its file says or differs from the others; 5 where a node could not be reached or its API server could not be asked; 0 where all servers agree, also where no encryption is configured. That some objects are stored as plaintext is told, and does not change the code: verify ends with 3 for that.

${RIGHTS}`;
  static override examples = [
    '<%= config.bin %> encrypt-at-rest status',
    '<%= config.bin %> encrypt-at-rest status --secret db -n shop',
    '<%= config.bin %> encrypt-at-rest status -o json',
  ];
  static override flags = {
    ...clusterFlags,
    ...nodeFlags,
    ...outputFlag,
    ...showCommandsFlag,
    secret: Flags.string({description: 'also tell which nodes hold this Secret in memory now', helpValue: 'NAME'}),
  };
  protected override readonly mayGuessNodes = true;

  async run(): Promise<void> {
    const {flags} = await this.parse(EncryptAtRestStatusCommand);
    const name = flags.secret === undefined ? undefined : secretName(flags.secret, {});
    if (flags['show-commands']) return this.presentCommands(statusCommands(kubectlScope(flags)), flags.output);
    await this.withNodes(flags, async (cluster, found) => {
      const sources = statusSources(cluster, found, this.signal);
      try {
        const status = await encryptionStatus(sources, this.signal);
        const secret = name === undefined ? undefined : {namespace: cluster.namespace, name};
        const report = secret ? {...status, secret: {...secret, nodes: await residentsOf(cluster, secret, this.signal)}} : status;
        this.present(report, flags.output, renderStatus);
        this.exit(exitCodeOfStatus(report));
      } finally {
        await sources.close();
      }
    });
  }
}
