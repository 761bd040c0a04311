import {changeFlags, clusterFlags, kubectlScope, outputFlag, showCommandsFlag, watchFlag} from '../../src/cli/command.ts';
import {oneWorkload, workloadArgs} from '../../src/cli/rollout.ts';
import {WatchingCommand, watchFlags} from '../../src/cli/watch.ts';
import {verbCommands} from '../../src/rollout/kubectl.ts';
import {refuseOthers, setPaused} from '../../src/rollout/pause.ts';
import {renderPause} from '../../src/rollout/view/restart.ts';

export default class RolloutResumeCommand extends WatchingCommand {
  static override summary = 'Let a paused Deployment roll out what has changed.';
  static override examples = ['<%= config.bin %> rollout resume deploy/web -n shop --watch'];
  static override args = workloadArgs;
  static override flags = {
    ...clusterFlags,
    ...outputFlag,
    ...showCommandsFlag,
    ...changeFlags,
    ...watchFlag,
    ...watchFlags,
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(RolloutResumeCommand);
    const {output, 'dry-run': dryRun} = flags;
    const workload = oneWorkload(args);
    refuseOthers({...workload, namespace: flags.namespace}, 'resume');
    const watch = flags.watch && dryRun === 'none';
    if (flags['show-commands']) {
      const commands = verbCommands('resume', workload, {dryRun, watch}, kubectlScope(flags));
      return this.presentCommands(commands, output);
    }
    const cluster = await this.connect(flags);
    const report = await setPaused(cluster, {...workload, namespace: cluster.namespace}, false, {dryRun, signal: this.signal});
    this.presentChange(report, {output, watch}, renderPause);
    if (watch) this.exit(await this.watch(cluster, {refs: [report.workload]}, flags));
  }
}
