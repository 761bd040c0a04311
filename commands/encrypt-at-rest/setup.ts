import {Flags} from '@oclif/core';
import {EncryptionChangeCommand, encryptionChangeFlags, keyFlags} from '../../src/cli/encryption-change.ts';
import {readManifest} from '../../src/cli/manifest.ts';
import {keyedProviders} from '../../src/encryption/configuration/configuration.ts';
import {parseConfiguration} from '../../src/encryption/configuration/parse.ts';
import {prepareSetup} from '../../src/encryption/setup.ts';

export default class EncryptAtRestSetupCommand extends EncryptionChangeCommand {
  static override summary = 'Turn encryption at rest on, rewrite what is stored, and prove it from etcd.';
  static override description =
    'Shows the plan and asks. Every control-plane node gets the key before any API server writes with it, one server restarts at a time, and each node puts its old files back by itself if its server does not come back. An encryption that is there already is taken over or extended.';
  static override examples = [
    '<%= config.bin %> encrypt-at-rest setup',
    '<%= config.bin %> encrypt-at-rest setup --provider aescbc --key-name key1',
    '<%= config.bin %> encrypt-at-rest setup --dry-run --runbook',
  ];
  static override flags = {
    ...encryptionChangeFlags,
    ...keyFlags,
    provider: Flags.option({
      description: 'what encrypts; default: secretbox',
      options: keyedProviders,
      exclusive: ['config'],
    })(),
    resources: Flags.string({
      description: 'what to encrypt, separated by commas; *.apps is a whole group, *.* everything',
      helpValue: 'secrets,…',
      default: 'secrets',
    }),
    config: Flags.string({
      description: 'apply this EncryptionConfiguration, as `generate` writes it; - is standard input',
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(EncryptAtRestSetupCommand);
    const {config, provider, strict, 'key-name': keyName} = flags;
    const file = config === undefined ? undefined : await readManifest(config, this.signal);
    const given = file && parseConfiguration(file.text, file.file);
    await this.withControlPlane(flags, async (plane) => {
      const resources = flags.resources.split(',').filter(Boolean);
      const options = {...(await this.changeOptions(flags, plane)), resources, provider, keyName, given, strict};
      await this.carryOut(plane, await prepareSetup(plane, options, this.signal), flags);
    });
  }
}
