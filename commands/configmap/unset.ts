import {changeConfigFlags} from '../../src/cli/config-change.ts';
import {SetConfigCommand, unsetArgs} from '../../src/cli/config-set.ts';

export default class ConfigMapUnsetCommand extends SetConfigCommand {
  static override summary = 'Delete keys of a ConfigMap.';
  static override description = 'Then says who used them. It asks first.';
  static override examples = ['<%= config.bin %> configmap unset web level -n shop'];
  static override args = unsetArgs('ConfigMap');
  static override flags = changeConfigFlags;

  async run(): Promise<void> {
    await this.unset('ConfigMap', await this.parse(ConfigMapUnsetCommand));
  }
}
