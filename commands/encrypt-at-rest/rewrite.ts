import {Flags} from '@oclif/core';
import {changeFlags, clusterFlags, kubectlScope, outputFlag, showCommandsFlag, yesFlag} from '../../src/cli/command.ts';
import {askFirst} from '../../src/cli/confirm.ts';
import {EncryptionCommand, nodeFlags} from '../../src/cli/encryption.ts';
import {createProgress} from '../../src/cli/progress.ts';
import {rewriteCommands} from '../../src/encryption/rewrite/commands.ts';
import {exitCodeOfRewrite, prepareRewrite, runRewrite} from '../../src/encryption/rewrite/run.ts';
import {renderRewrite, renderRewriteDryRun, renderRewritePlan} from '../../src/encryption/view/rewrite.ts';

export default class EncryptAtRestRewriteCommand extends EncryptionCommand {
  static override summary = 'Write every object back as it is, so that it is stored as the API servers write now.';
  static override description =
    'Needs no way to the nodes; where there is one, it is refused while another kops changes the encryption. Nothing of the objects changes, and whatever somebody else writes meanwhile stays. It can be interrupted and run again at any time.\n\nEnds with 0 where every object was taken, 3 where one was refused: the others are rewritten all the same.';
  static override examples = [
    '<%= config.bin %> encrypt-at-rest rewrite',
    '<%= config.bin %> encrypt-at-rest rewrite --resources secrets,configmaps,widgets.example.com',
    '<%= config.bin %> encrypt-at-rest rewrite --engine storage-migration',
  ];
  static override flags = {
    ...clusterFlags,
    ...nodeFlags,
    ...outputFlag,
    ...changeFlags,
    ...showCommandsFlag,
    ...yesFlag,
    resources: Flags.string({
      description: 'what to rewrite, separated by commas, wildcards as in an EncryptionConfiguration',
      helpValue: 'secrets,…',
      default: 'secrets',
    }),
    engine: Flags.option({
      description: "client: kops itself (auto); storage-migration: the cluster's own, for more than one machine can do",
      options: ['auto', 'client', 'storage-migration'] as const,
      default: 'auto' as const,
    })(),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(EncryptAtRestRewriteCommand);
    const {output, namespace, yes, 'dry-run': dryRun} = flags;
    const resources = flags.resources.split(',').filter(Boolean);
    const engine = flags.engine === 'auto' ? 'client' : flags.engine;
    if (flags['show-commands']) return this.presentCommands(rewriteCommands(resources, kubectlScope(flags)), output);
    const cluster = await this.connect(flags);
    const prepared = await prepareRewrite(cluster.api, {resources, engine, namespace, dryRun: dryRun === 'server'}, this.signal);
    if (dryRun === 'client') return this.present(prepared.plan, output, renderRewriteDryRun);
    this.tell(`${renderRewritePlan(prepared.plan, this.errorScreen)}\n`);
    if (dryRun === 'none') await askFirst('Go on?', {yes, signal: this.signal});
    const progress = createProgress(process.stderr, process.env, this.errorScreen);
    const rewrite = () => cluster.multiplex((api) => runRewrite(api, prepared, progress, this.signal));
    const run = dryRun === 'none' ? await this.besideNoChange(flags, cluster, rewrite) : await rewrite();
    this.present(run, output, renderRewrite);
    this.exit(exitCodeOfRewrite(run));
  }
}
