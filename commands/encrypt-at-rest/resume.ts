import {continueFlags, EncryptionChangeCommand} from '../../src/cli/encryption-change.ts';

export default class EncryptAtRestResumeCommand extends EncryptionChangeCommand {
  static override summary = 'Go on with a change of the encryption that was interrupted.';
  static override description =
    'Runs the steps that the journal on the nodes does not have as done. A change that was on its way back goes on back. A control plane that is gone for good is left out with --without.';
  static override examples = [
    '<%= config.bin %> encrypt-at-rest resume --dry-run',
    '<%= config.bin %> encrypt-at-rest resume',
    '<%= config.bin %> encrypt-at-rest resume --without cp-2',
  ];
  static override flags = {...continueFlags};
  protected override readonly mayGuessNodes = true;
  protected override readonly open = 'needs';

  async run(): Promise<void> {
    const {flags} = await this.parse(EncryptAtRestResumeCommand);
    await this.goOn(flags, 'forward');
  }
}
