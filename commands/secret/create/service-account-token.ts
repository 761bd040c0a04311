import {Flags} from '@oclif/core';
import {asGiven} from '../../../src/cli/command.ts';
import {CreateConfigCommand, createFlags, secretCreateArgs} from '../../../src/cli/config-create.ts';
import {SERVICE_ACCOUNT_ANNOTATION, SecretType} from '../../../src/config/create/secret-types.ts';

export default class SecretCreateServiceAccountTokenCommand extends CreateConfigCommand {
  static override summary = 'Create a Secret that the token controller fills with a token of a ServiceAccount.';
  static override description =
    'Such a token does not expire; it goes with the Secret or the ServiceAccount. One that expires: kubectl create token ACCOUNT.';
  static override examples = ['<%= config.bin %> secret create service-account-token ci-token --service-account ci -n shop'];
  static override args = secretCreateArgs;
  static override flags = {
    ...createFlags,
    'service-account': Flags.string({
      description: 'whose token it will hold',
      helpValue: 'ACCOUNT',
      required: true,
      parse: asGiven('the name of a ServiceAccount'),
    }),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(SecretCreateServiceAccountTokenCommand);
    const annotations = {[SERVICE_ACCOUNT_ANNOTATION]: flags['service-account']};
    await this.make({kind: 'Secret', ...args, type: SecretType.serviceAccountToken, annotations}, flags);
  }
}
