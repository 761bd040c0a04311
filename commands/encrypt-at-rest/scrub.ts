import {changeFlags, clusterFlags, kubectlScope, outputFlag, showCommandsFlag, yesFlag} from '../../src/cli/command.ts';
import {askFirst} from '../../src/cli/confirm.ts';
import {EncryptionCommand, nodeFlags, RIGHTS} from '../../src/cli/encryption.ts';
import {createProgress} from '../../src/cli/progress.ts';
import {scrubCommands} from '../../src/encryption/audit-commands.ts';
import {exclusively} from '../../src/encryption/exclusive.ts';
import {planScrub, scrub} from '../../src/encryption/scrub.ts';
import {renderScrub, renderScrubPlan} from '../../src/encryption/view/scrub.ts';

export default class EncryptAtRestScrubCommand extends EncryptionCommand {
  static override summary = 'Make etcd forget earlier revisions, which may hold plaintext, and give their space back.';
  static override description =
    `Compacts at the present revision, then defragments one member at a time and waits until all are healthy in between. Each member answers nothing while it is defragmented. Refused while another kops changes the encryption.

${RIGHTS}`;
  static override examples = ['<%= config.bin %> encrypt-at-rest scrub', '<%= config.bin %> encrypt-at-rest scrub --dry-run'];
  static override flags = {
    ...clusterFlags,
    ...nodeFlags,
    ...outputFlag,
    ...showCommandsFlag,
    ...yesFlag,
    ...changeFlags,
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(EncryptAtRestScrubCommand);
    if (flags['show-commands']) return this.presentCommands(scrubCommands(kubectlScope(flags)), flags.output);
    await this.withControlPlane(flags, async ({etcd, context, nodes}) => {
      const plan = await planScrub(etcd, context, this.signal);
      if (flags['dry-run'] !== 'none') return this.present(plan, flags.output, renderScrub);
      this.tell(`${renderScrubPlan(plan, this.errorScreen)}\n`);
      await askFirst('Go on?', {yes: flags.yes, signal: this.signal});
      const progress = createProgress(process.stderr, process.env, this.errorScreen);
      const report = await exclusively(nodes, this.signal, () => scrub(etcd, plan, progress, this.signal));
      this.present(report, flags.output, renderScrub);
    });
  }
}
