import {continueFlags, EncryptionChangeCommand} from '../../src/cli/encryption-change.ts';

export default class EncryptAtRestAbortCommand extends EncryptionChangeCommand {
  static override summary = 'Take back a change of the encryption that was interrupted.';
  static override description =
    'Before any API server was told to write with the new key, every file becomes what it was. After that, all servers go back to where they can read everything, and keep the key. A control plane that is gone for good is left out with --without.';
  static override examples = ['<%= config.bin %> encrypt-at-rest abort --dry-run', '<%= config.bin %> encrypt-at-rest abort'];
  static override flags = {...continueFlags};
  protected override readonly mayGuessNodes = true;
  protected override readonly open = 'needs';

  async run(): Promise<void> {
    const {flags} = await this.parse(EncryptAtRestAbortCommand);
    await this.goOn(flags, 'back');
  }
}
