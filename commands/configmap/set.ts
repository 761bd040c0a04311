import {SetConfigCommand, setArgs, setFlags} from '../../src/cli/config-set.ts';

export default class ConfigMapSetCommand extends SetConfigCommand {
  static override summary = 'Set one key of a ConfigMap.';
  static override description = 'Says which workloads see the new value, and when. It asks before a value is overwritten.';
  static override examples = [
    '<%= config.bin %> configmap set web level debug -n shop --restart',
    '<%= config.bin %> configmap set web nginx.conf --from-file nginx.conf',
  ];
  static override args = setArgs;
  static override flags = setFlags;

  async run(): Promise<void> {
    await this.set('ConfigMap', await this.parse(ConfigMapSetCommand));
  }
}
