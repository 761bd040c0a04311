import {Args} from '@oclif/core';
import {clusterFlags, kubectlScope, outputFlag, showCommandsFlag} from '../../src/cli/command.ts';
import {EncryptionCommand, nodeFlags, RIGHTS} from '../../src/cli/encryption.ts';
import {listOf, secretName, toVerify, verifyFlags, withResidue} from '../../src/cli/encryption-audit.ts';
import {spin} from '../../src/cli/progress.ts';
import {verifyCommands} from '../../src/encryption/audit-commands.ts';
import {exitCodeOfVerification, observeNodes, verify} from '../../src/encryption/verify.ts';
import {verifySecret} from '../../src/encryption/verify-secret.ts';
import {renderSecretVerification} from '../../src/encryption/view/secret.ts';
import {renderVerification} from '../../src/encryption/view/verify.ts';
import {requireSnapshot} from '../../src/etcd/snapshot-file.ts';

export default class EncryptAtRestVerifyCommand extends EncryptionCommand {
  static override summary = 'Prove from etcd itself that what is stored is encrypted, and that the nodes have the keys for it.';
  static override description =
    `Reads every key at one revision, counts what is encrypted by which key, and opens each value with the configuration of every node. For one Secret: its bytes as they are stored, as hexdump shows them.

Ends with 0 where everything is encrypted and opens, 3 where something is plaintext, would be once it is written again, or cannot be decrypted. A node whose configuration is missing is a warning, as long as that of another one opens everything. With --residue, 4 where plaintext of earlier times is left in etcd's write-ahead log only, which etcd itself drops in time.

${RIGHTS}`;
  static override examples = [
    '<%= config.bin %> encrypt-at-rest verify',
    '<%= config.bin %> encrypt-at-rest verify secret/db -n shop',
    '<%= config.bin %> encrypt-at-rest verify --resources secrets,configmaps -o json',
    '<%= config.bin %> encrypt-at-rest verify --residue',
  ];
  static override args = {secret: Args.string({description: 'a Secret: db or secret/db'})};
  static override flags = {
    ...clusterFlags,
    ...nodeFlags,
    ...outputFlag,
    ...showCommandsFlag,
    ...verifyFlags,
  };
  protected override readonly mayGuessNodes = true;

  async run(): Promise<void> {
    const {args, flags} = await this.parse(EncryptAtRestVerifyCommand);
    const name = args.secret === undefined ? undefined : secretName(args.secret, flags);
    const asked = listOf(flags.resources);
    if (flags['show-commands']) {
      const commands = verifyCommands(name, asked.length > 0 ? asked : ['secrets'], kubectlScope(flags));
      return this.presentCommands(commands, flags.output);
    }
    for (const file of flags.snapshot ?? []) await requireSnapshot(file);
    await this.withControlPlane(flags, async (plane, open) => {
      const observations = await observeNodes(plane, this.signal);
      if (name !== undefined) {
        const secret = {namespace: plane.cluster.namespace, name};
        const report = await verifySecret(plane, observations, secret, {reveal: flags.reveal, open}, this.signal);
        this.present(report, flags.output, renderSecretVerification);
        this.exit(exitCodeOfVerification(report));
      }
      const resources = await toVerify(plane.cluster, observations, asked, this.signal);
      const report = await spin('reading etcd', process.stderr, process.env, async () => {
        const found = await verify(plane, observations, {resources, open}, this.signal);
        return flags.residue ? withResidue(plane, found, flags.snapshot, this.signal) : found;
      });
      this.present(report, flags.output, renderVerification);
      this.exit(exitCodeOfVerification(report));
    });
  }
}
