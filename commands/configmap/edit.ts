import {nameArg} from '../../src/cli/config-change.ts';
import {EditConfigCommand, editFlags} from '../../src/cli/config-edit.ts';

export default class ConfigMapEditCommand extends EditConfigCommand {
  static override summary = 'Edit the values of a ConfigMap in your editor.';
  static override description =
    '$KUBE_EDITOR, $VISUAL or $EDITOR, else vi. What is no text stays as it is. Before it is saved, it is checked, shown as a difference, and asked for; what others changed meanwhile stays. A save that fails keeps your edit in a file.';
  static override examples = [
    '<%= config.bin %> configmap edit web -n shop',
    '<%= config.bin %> configmap edit web -n shop --restart',
  ];
  static override args = nameArg('ConfigMap');
  static override flags = editFlags;

  async run(): Promise<void> {
    await this.edit('ConfigMap', await this.parse(ConfigMapEditCommand));
  }
}
