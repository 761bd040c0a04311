import {CreateConfigCommand, createArgs, createFlags} from '../../src/cli/config-create.ts';

export default class ConfigMapCreateCommand extends CreateConfigCommand {
  static override summary = 'Create a ConfigMap of files, literals, an env file or standard input.';
  static override description =
    'Makes the object that kubectl would make, and fails where kubectl would lose something without a word. All is checked before anything is sent.';
  static override examples = [
    '<%= config.bin %> configmap create app --from-file conf/ -n shop',
    '<%= config.bin %> configmap create app --from-literal level=debug --append-hash --if-exists skip',
    '<%= config.bin %> configmap create app --from-env-file app.env --dry-run=client -o yaml',
  ];
  static override args = createArgs('ConfigMap');
  static override flags = createFlags;

  async run(): Promise<void> {
    const {args, flags} = await this.parse(ConfigMapCreateCommand);
    await this.make({kind: 'ConfigMap', name: args.name}, flags);
  }
}
