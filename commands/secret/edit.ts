import {nameArg} from '../../src/cli/config-change.ts';
import {EditConfigCommand, editFlags, revealFlag} from '../../src/cli/config-edit.ts';

export default class SecretEditCommand extends EditConfigCommand {
  static override summary = 'Edit the values of a Secret in your editor, decoded.';
  static override description =
    '$KUBE_EDITOR, $VISUAL or $EDITOR, else vi. What is no text stays as it is. Before it is saved, it is checked, shown as a difference, and asked for; what others changed meanwhile stays. A save that fails keeps your edit in a file.';
  static override examples = ['<%= config.bin %> secret edit db -n shop', '<%= config.bin %> secret edit db -n shop --restart'];
  static override args = nameArg('Secret');
  static override flags = {...editFlags, ...revealFlag};

  async run(): Promise<void> {
    await this.edit('Secret', await this.parse(SecretEditCommand));
  }
}
