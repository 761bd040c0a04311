import {changeFlags, clusterFlags, kubectlScope, outputFlag, showCommandsFlag, watchFlag} from '../../src/cli/command.ts';
import {oneWorkload, workloadArgs} from '../../src/cli/rollout.ts';
import {WatchingCommand, watchFlags} from '../../src/cli/watch.ts';
import {verbCommands} from '../../src/rollout/kubectl.ts';
import {rolloutRestart} from '../../src/rollout/restart.ts';
import {renderRestart} from '../../src/rollout/view/restart.ts';

export default class RolloutRestartCommand extends WatchingCommand {
  static override summary = 'Replace all pods of a workload, as gently as its strategy says.';
  static override examples = ['<%= config.bin %> rollout restart deploy/web -n shop --watch'];
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
    const {args, flags} = await this.parse(RolloutRestartCommand);
    const {output, 'dry-run': dryRun} = flags;
    const workload = oneWorkload(args);
    const watch = flags.watch && dryRun === 'none';
    if (flags['show-commands']) {
      const commands = verbCommands('restart', workload, {dryRun, watch}, kubectlScope(flags));
      return this.presentCommands(commands, output);
    }
    const cluster = await this.connect(flags);
    const ref = {...workload, namespace: cluster.namespace};
    const report = await rolloutRestart(cluster, ref, Date.now(), {dryRun, signal: this.signal});
    this.presentChange(report, {output, watch}, renderRestart);
    if (watch) this.exit(await this.watch(cluster, {refs: [ref]}, flags));
  }
}
