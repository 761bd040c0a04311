import {Flags} from '@oclif/core';
import {CreateConfigCommand, createFlags, secretCreateArgs} from '../../../src/cli/config-create.ts';

export default class SecretCreateGenericCommand extends CreateConfigCommand {
  static override summary = 'Create a Secret of files, literals, an env file, standard input, questions or random values.';
  static override description =
    'Makes the object that kubectl would make, and fails where kubectl would lose something without a word. All is checked before anything is sent.';
  static override examples = [
    '<%= config.bin %> secret create generic db --prompt password -n shop',
    '<%= config.bin %> secret create generic session --random key --immutable --append-hash',
    'pass show db | tr -d "\\n" | <%= config.bin %> secret create generic db --from-stdin password',
  ];
  static override args = secretCreateArgs;
  static override flags = {
    ...createFlags,
    type: Flags.string({description: "its type; default: the API server's, Opaque", helpValue: 'TYPE'}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(SecretCreateGenericCommand);
    await this.make({kind: 'Secret', ...args, type: flags.type}, flags);
  }
}
