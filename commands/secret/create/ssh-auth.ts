import {Flags} from '@oclif/core';
import {asGiven} from '../../../src/cli/command.ts';
import {CreateConfigCommand, createFlags, secretCreateArgs} from '../../../src/cli/config-create.ts';
import {checkSsh, SecretType} from '../../../src/config/create/secret-types.ts';

export default class SecretCreateSshAuthCommand extends CreateConfigCommand {
  static override summary = 'Create a Secret of an SSH private key.';
  static override examples = [
    '<%= config.bin %> secret create ssh-auth deploy --ssh-privatekey ~/.ssh/id_ed25519 -n shop',
    '<%= config.bin %> secret create ssh-auth deploy --ssh-privatekey id_ed25519 --from-file known_hosts',
  ];
  static override args = secretCreateArgs;
  static override flags = {
    ...createFlags,
    'ssh-privatekey': Flags.string({
      description: 'the key ssh-privatekey: a private key as ssh-keygen writes it',
      helpValue: 'FILE',
      parse: asGiven('FILE'),
    }),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(SecretCreateSshAuthCommand);
    const path = flags['ssh-privatekey'];
    const sources = path === undefined ? [] : [{via: 'file', key: 'ssh-privatekey', path} as const];
    await this.make({kind: 'Secret', ...args, type: SecretType.sshAuth, sources, check: checkSsh}, flags);
  }
}
