import {EncryptionChangeCommand, encryptionChangeFlags} from '../../src/cli/encryption-change.ts';
import {prepareDisable} from '../../src/encryption/disable.ts';

export default class EncryptAtRestDisableCommand extends EncryptionChangeCommand {
  static override summary = 'Go back to plaintext, with the same care.';
  static override description =
    'Everything is rewritten in plaintext and verified in etcd before any API server loses the key. The key goes to an archive on the nodes.';
  static override examples = ['<%= config.bin %> encrypt-at-rest disable', '<%= config.bin %> encrypt-at-rest disable --dry-run'];
  static override flags = {...encryptionChangeFlags};

  async run(): Promise<void> {
    const {flags} = await this.parse(EncryptAtRestDisableCommand);
    await this.withControlPlane(flags, async (plane) => {
      await this.carryOut(plane, await prepareDisable(plane, await this.changeOptions(flags, plane), this.signal), flags);
    });
  }
}
