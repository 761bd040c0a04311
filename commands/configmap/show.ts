import {DecodedCommand, decodedArgs, decodedFlags} from '../../src/cli/decoded.ts';

export default class ConfigMapShowCommand extends DecodedCommand {
  static override summary = 'Print what a ConfigMap holds, binaryData too, and what it is.';
  static override description = 'With a KEY and off a terminal, or with -o raw: the bytes of that key and nothing else.';
  static override examples = [
    '<%= config.bin %> configmap show web -n shop',
    '<%= config.bin %> configmap show web nginx.conf -n shop > nginx.conf',
    '<%= config.bin %> configmap show -f web.yaml',
  ];
  static override args = decodedArgs;
  static override flags = decodedFlags;

  async run(): Promise<void> {
    await this.print('DecodedConfigMap', await this.parse(ConfigMapShowCommand));
  }
}
