import {ClusterCommand, changeFlags, clusterFlags, kubectlScope, outputFlag, showCommandsFlag} from '../../src/cli/command.ts';
import {oneWorkload, workloadArgs} from '../../src/cli/rollout.ts';
import {verbCommands} from '../../src/rollout/kubectl.ts';
import {refuseOthers, setPaused} from '../../src/rollout/pause.ts';
import {renderPause} from '../../src/rollout/view/restart.ts';

export default class RolloutPauseCommand extends ClusterCommand {
  static override summary = 'Keep changes of a Deployment from rolling out until it is resumed.';
  static override examples = ['<%= config.bin %> rollout pause deploy/web -n shop'];
  static override args = workloadArgs;
  static override flags = {...clusterFlags, ...outputFlag, ...showCommandsFlag, ...changeFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(RolloutPauseCommand);
    const {output, 'dry-run': dryRun} = flags;
    const workload = oneWorkload(args);
    refuseOthers({...workload, namespace: flags.namespace}, 'pause');
    if (flags['show-commands']) {
      return this.presentCommands(verbCommands('pause', workload, {dryRun}, kubectlScope(flags)), output);
    }
    const cluster = await this.connect(flags);
    const report = await setPaused(cluster, {...workload, namespace: cluster.namespace}, true, {dryRun, signal: this.signal});
    this.present(report, output, renderPause);
  }
}
