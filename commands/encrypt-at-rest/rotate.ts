import {Flags} from '@oclif/core';
import {EncryptionChangeCommand, encryptionChangeFlags, keyFlags} from '../../src/cli/encryption-change.ts';
import {keyedProviders} from '../../src/encryption/configuration/configuration.ts';
import {prepareRotate} from '../../src/encryption/rotate.ts';

export default class EncryptAtRestRotateCommand extends EncryptionChangeCommand {
  static override summary = 'Encrypt with a new key, or another provider, and drop the old one once nothing needs it.';
  static override description =
    'Four steps, each on all API servers before the next: the new key readable, the new key written, everything rewritten and verified in etcd, the old key dropped. It goes to an archive on the nodes, because older snapshots need it. Plaintext stays readable where it was, unless --strict.';
  static override examples = [
    '<%= config.bin %> encrypt-at-rest rotate',
    '<%= config.bin %> encrypt-at-rest rotate --provider secretbox --strict',
    '<%= config.bin %> encrypt-at-rest rotate --provider kms --kms-endpoint unix:///run/kms/plugin.sock',
  ];
  static override flags = {
    ...encryptionChangeFlags,
    ...keyFlags,
    provider: Flags.option({
      description: 'what encrypts from then on; default: as now',
      options: [...keyedProviders, 'kms'] as const,
    })(),
    'kms-endpoint': Flags.string({
      description: 'with --provider kms: socket of the KMS v2 plugin, which must run on every control plane',
      helpValue: 'unix:///PATH',
    }),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(EncryptAtRestRotateCommand);
    const {provider, strict, 'key-name': keyName, 'kms-endpoint': kmsEndpoint} = flags;
    await this.withControlPlane(flags, async (plane) => {
      const options = {...(await this.changeOptions(flags, plane)), provider, keyName, kmsEndpoint, strict};
      await this.carryOut(plane, await prepareRotate(plane, options, this.signal), flags);
    });
  }
}
