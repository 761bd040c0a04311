import {Flags} from '@oclif/core';
import {ClusterCommand, clusterFlags, kubectlScope, outputFlag, showCommandsFlag} from '../../src/cli/command.ts';
import {oneWorkload, workloadArgs} from '../../src/cli/rollout.ts';
import {rolloutHistory, rolloutRevision} from '../../src/rollout/history.ts';
import {historyCommands} from '../../src/rollout/kubectl.ts';
import {renderHistory, renderRevision} from '../../src/rollout/view/history.ts';

export default class RolloutHistoryCommand extends ClusterCommand {
  static override summary = 'List the revisions of a workload that the cluster keeps.';
  static override examples = [
    '<%= config.bin %> rollout history deploy/web -n shop',
    '<%= config.bin %> rollout history sts/db --revision 3 -o yaml',
  ];
  static override args = workloadArgs;
  static override flags = {
    ...clusterFlags,
    ...outputFlag,
    ...showCommandsFlag,
    revision: Flags.integer({description: 'show the template of this revision', min: 1}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(RolloutHistoryCommand);
    const {output, revision} = flags;
    const workload = oneWorkload(args);
    if (flags['show-commands']) {
      const commands = historyCommands(workload, revision, kubectlScope(flags));
      return this.presentCommands(commands, output);
    }
    const cluster = await this.connect(flags);
    const ref = {...workload, namespace: cluster.namespace};
    if (revision !== undefined) {
      return this.present(await rolloutRevision(cluster, ref, revision, this.signal), output, renderRevision);
    }
    this.present(await rolloutHistory(cluster, ref, this.signal), output, (history, screen) =>
      renderHistory(history, this.interactive ? screen : {...screen, width: Number.POSITIVE_INFINITY}),
    );
  }
}
