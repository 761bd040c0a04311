import {changeConfigFlags} from '../../src/cli/config-change.ts';
import {SetConfigCommand, unsetArgs} from '../../src/cli/config-set.ts';

export default class SecretUnsetCommand extends SetConfigCommand {
  static override summary = 'Delete keys of a Secret.';
  static override description = 'Then says who used them. It asks first.';
  static override examples = ['<%= config.bin %> secret unset db old-password -n shop'];
  static override args = unsetArgs('Secret');
  static override flags = changeConfigFlags;

  async run(): Promise<void> {
    await this.unset('Secret', await this.parse(SecretUnsetCommand));
  }
}
