import {Args, Flags} from '@oclif/core';
import {clusterFlags, kubectlScope, showCommandsFlag} from '../../src/cli/command.ts';
import {EncryptionCommand, nodeFlags, RIGHTS} from '../../src/cli/encryption.ts';
import {revealFlag} from '../../src/cli/encryption-audit.ts';
import {inspectCommands} from '../../src/encryption/audit-commands.ts';
import {inspect, rawBytes} from '../../src/encryption/inspect.ts';
import {observeNodes, readersIn} from '../../src/encryption/verify.ts';
import {renderDecoded, renderEtcdValue} from '../../src/encryption/view/inspect.ts';

export default class EncryptAtRestInspectCommand extends EncryptionCommand {
  static override summary = 'Show one raw key of etcd.';
  static override description =
    `hex: the bytes as they are stored. yaml: decrypted and decoded. raw: the stored bytes and nothing else. What Secrets hold is masked without --reveal.

${RIGHTS}`;
  static override examples = [
    '<%= config.bin %> encrypt-at-rest inspect /registry/secrets/shop/db',
    '<%= config.bin %> encrypt-at-rest inspect /registry/configmaps/kube-system/kubeadm-config -o yaml',
    '<%= config.bin %> encrypt-at-rest inspect /registry/secrets/shop/db -o raw | head -c 40',
  ];
  static override args = {key: Args.string({description: 'the whole key: /registry/secrets/NAMESPACE/NAME', required: true})};
  static override flags = {
    ...clusterFlags,
    ...nodeFlags,
    ...showCommandsFlag,
    ...revealFlag,
    output: Flags.option({
      char: 'o',
      description: 'how to print it',
      options: ['hex', 'yaml', 'raw', 'json'] as const,
      default: 'hex' as const,
    })(),
  };

  protected override readonly quotes = true;
  protected override readonly mayGuessNodes = true;

  async run(): Promise<void> {
    const {args, flags} = await this.parse(EncryptAtRestInspectCommand);
    if (flags['show-commands']) {
      const format = flags.output === 'json' || flags.output === 'yaml' ? flags.output : 'human';
      return this.presentCommands(inspectCommands(args.key, kubectlScope(flags)), format);
    }
    await this.withControlPlane(flags, async ({etcd, etcdPrefix, cluster, ...plane}) => {
      const readers = readersIn(await observeNodes(plane, this.signal));
      const value = await inspect(etcd, cluster, args.key, {etcdPrefix, readers, reveal: flags.reveal}, this.signal);
      if (flags.output === 'raw') process.stdout.write(rawBytes(value));
      else if (flags.output === 'yaml') this.log(renderDecoded(value, this.screen));
      else this.present(value, flags.output === 'json' ? 'json' : 'human', renderEtcdValue);
    });
  }
}
