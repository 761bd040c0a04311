import {SetConfigCommand, secretSetArgs, secretSetFlags} from '../../src/cli/config-set.ts';

export default class SecretSetCommand extends SetConfigCommand {
  static override summary = 'Set one key of a Secret.';
  static override description =
    'Of standard input to the byte; on a terminal it asks. Says which workloads see the new value, and when. It asks before a value is overwritten.';
  static override examples = [
    '<%= config.bin %> secret set db password -n shop --restart',
    'pass show db | tr -d "\\n" | <%= config.bin %> secret set db password --yes',
    '<%= config.bin %> secret set session key --random',
  ];
  static override args = secretSetArgs;
  static override flags = secretSetFlags;

  async run(): Promise<void> {
    await this.set('Secret', await this.parse(SecretSetCommand));
  }
}
