import {Flags} from '@oclif/core';
import {asGiven} from '../../../src/cli/command.ts';
import {CreateConfigCommand, createFlags, secretCreateArgs} from '../../../src/cli/config-create.ts';
import {checkTls, SecretType, tlsSources} from '../../../src/config/create/secret-types.ts';
import {quoted} from '../../../src/text/kubectl.ts';

export default class SecretCreateTlsCommand extends CreateConfigCommand {
  static override summary = 'Create a Secret of a certificate and its private key.';
  static override examples = [
    '<%= config.bin %> secret create tls web --cert tls.crt --key tls.key -n shop',
    '<%= config.bin %> secret create tls web --cert tls.crt --key tls.key --from-file ca.crt --if-exists replace --yes',
  ];
  static override args = secretCreateArgs;
  static override flags = {
    ...createFlags,
    cert: Flags.string({
      description: "certificate in PEM, the server's own first where it is a chain",
      helpValue: 'FILE',
      required: true,
      parse: asGiven('FILE'),
    }),
    key: Flags.string({
      description: 'its private key in PEM, without a passphrase',
      helpValue: 'FILE',
      required: true,
      parse: asGiven('FILE'),
    }),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(SecretCreateTlsCommand);
    const {cert, key} = flags;
    const special = {words: ['secret tls', ...[args.name, `--cert=${cert}`, `--key=${key}`].map(quoted)]};
    const wanted = {kind: 'Secret', ...args, type: SecretType.tls, special} as const;
    await this.make({...wanted, sources: tlsSources(cert, key), check: checkTls}, flags);
  }
}
