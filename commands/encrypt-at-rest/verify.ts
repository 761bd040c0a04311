import {Args, Flags} from '@oclif/core';
import {clusterFlags, kubectlScope, outputFlag, showCommandsFlag} from '../../src/cli/command.ts';
import {EncryptionCommand, nodeFlags} from '../../src/cli/encryption.ts';
import {residueOf, resourcesFlag, revealFlag, secretName, toVerify} from '../../src/cli/encryption-audit.ts';
import {spin} from '../../src/cli/progress.ts';
import {verifyCommands} from '../../src/encryption/audit-commands.ts';
import type {ControlPlane} from '../../src/encryption/control-plane.ts';
import {type EncryptionVerification, exitCodeOfVerification, observeAll, verify} from '../../src/encryption/verify.ts';
import {verifySecret} from '../../src/encryption/verify-secret.ts';
import {renderSecretVerification} from '../../src/encryption/view/secret.ts';
import {renderVerification} from '../../src/encryption/view/verify.ts';

export default class EncryptAtRestVerifyCommand extends EncryptionCommand {
  static override summary = 'Prove from etcd itself that what is stored is encrypted, and that the nodes have the keys for it.';
  static override description =
    `Reads every key at one revision, counts what is encrypted by which key, and opens each value with the configuration of every node. For one Secret: its bytes as they are stored, as hexdump shows them.

Ends with 0 where everything is encrypted and opens, 3 where something is plaintext or cannot be decrypted.`;
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
    ...resourcesFlag,
    ...revealFlag,
    residue: Flags.boolean({description: 'also look for plaintext in earlier revisions, the files of etcd, and snapshots'}),
    snapshot: Flags.string({
      description: 'a snapshot to look into with --residue; default: kops-snapshot-*.db here',
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
      dependsOn: ['residue'],
    }),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(EncryptAtRestVerifyCommand);
    const name = args.secret === undefined ? undefined : secretName(args.secret, flags);
    if (flags['show-commands']) {
      const resources = flags.resources?.split(',').filter(Boolean) ?? ['secrets'];
      return this.presentCommands(verifyCommands(name, resources, kubectlScope(flags)), flags.output);
    }
    await this.withControlPlane(flags, async (plane) => {
      const observations = await observeAll(plane, this.signal);
      if (name !== undefined) {
        const secret = {namespace: plane.cluster.namespace, name};
        const report = await verifySecret(plane, observations, secret, {reveal: flags.reveal}, this.signal);
        this.present(report, flags.output, renderSecretVerification);
        this.exit(exitCodeOfVerification(report));
      }
      const resources = await toVerify(plane.cluster, observations, flags.resources, this.signal);
      const report = await this.wait('reading etcd', () => verify(plane, observations, {resources}, this.signal));
      const complete = flags.residue ? await this.withResidue(plane, report, flags.snapshot) : report;
      this.present(complete, flags.output, renderVerification);
      this.exit(exitCodeOfVerification(complete));
    });
  }

  private async withResidue(plane: ControlPlane, report: EncryptionVerification, snapshots: readonly string[] | undefined) {
    return {
      ...report,
      residue: await this.wait('reading the files of etcd', () => residueOf(plane, report, snapshots, this.signal)),
    };
  }

  private wait<T>(text: string, action: () => Promise<T>): Promise<T> {
    return spin(text, process.stderr, process.env, action);
  }
}
