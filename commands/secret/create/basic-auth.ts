import {Flags} from '@oclif/core';
import {CreateConfigCommand, createFlags, secretCreateArgs} from '../../../src/cli/config-create.ts';
import {SecretType} from '../../../src/config/create/secret-types.ts';

export default class SecretCreateBasicAuthCommand extends CreateConfigCommand {
  static override summary = 'Create a Secret of a username and a password, for HTTP basic authentication.';
  static override description =
    'The password is the key password: --prompt password, --from-stdin password or --random password.';
  static override examples = [
    '<%= config.bin %> secret create basic-auth registry --username ci --prompt password -n shop',
    '<%= config.bin %> secret create basic-auth registry --username ci --random password=24',
  ];
  static override args = secretCreateArgs;
  static override flags = {
    ...createFlags,
    username: Flags.string({description: 'the key username', helpValue: 'USER'}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(SecretCreateBasicAuthCommand);
    const {username} = flags;
    const sources = username === undefined ? [] : [{via: 'literal', key: 'username', value: username} as const];
    await this.make({kind: 'Secret', ...args, type: SecretType.basicAuth, sources}, flags);
  }
}
