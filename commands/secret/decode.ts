import {DecodedCommand, decodedArgs, decodedFlags} from '../../src/cli/decoded.ts';

export default class SecretDecodeCommand extends DecodedCommand {
  static override summary = 'Print what a Secret holds, decoded, and what it is.';
  static override description =
    'Certificates, keys, registry logins, tokens, helm releases and kubeconfigs are told by what they say. With a KEY and off a terminal, or with -o raw: the bytes of that key and nothing else.';
  static override examples = [
    '<%= config.bin %> secret decode db -n shop',
    '<%= config.bin %> secret decode db password -n shop | pbcopy',
    'eval "$(<%= config.bin %> secret decode db -n shop -o env)"',
    '<%= config.bin %> secret decode -f secret.yaml',
  ];
  static override args = decodedArgs;
  static override flags = decodedFlags;

  async run(): Promise<void> {
    await this.print('DecodedSecret', await this.parse(SecretDecodeCommand));
  }
}
