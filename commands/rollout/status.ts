import {
  allNamespacesFlag,
  ClusterCommand,
  clusterFlags,
  kubectlScope,
  outputFlag,
  selectorFlag,
  showCommandsFlag,
} from '../../src/cli/command.ts';
import {filenameFlag, targetOf, workloadsArgs} from '../../src/cli/rollout.ts';
import {exitCodeOf} from '../../src/rollout/assess.ts';
import {statusCommands} from '../../src/rollout/kubectl.ts';
import {exitCodeOfOverview, rolloutOverview} from '../../src/rollout/overview.ts';
import {rolloutStatus} from '../../src/rollout/status.ts';
import {renderOverview} from '../../src/rollout/view/overview.ts';
import {renderStatus} from '../../src/rollout/view/status.ts';

export default class RolloutStatusCommand extends ClusterCommand {
  static override summary = 'Tell whether a rollout is done, and if not, why.';
  static override description = `Without a workload: all that is unhealthy, worst first, with its cause.

Ends with 0 where all is healthy, 3 where a rollout failed or cannot succeed, 4 where one is unfinished or paused.`;
  static override examples = [
    '<%= config.bin %> rollout status deploy/web -n shop',
    '<%= config.bin %> rollout status -A',
    '<%= config.bin %> rollout status -l team=payments -o json',
    '<%= config.bin %> rollout status -f app.yaml',
  ];
  static override args = workloadsArgs;
  static override flags = {
    ...clusterFlags,
    ...allNamespacesFlag,
    ...selectorFlag,
    ...filenameFlag,
    ...outputFlag,
    ...showCommandsFlag,
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(RolloutStatusCommand);
    const targetIn = await targetOf(args, flags, this.signal);
    if (flags['show-commands']) {
      const target = targetIn('');
      const commands = statusCommands('refs' in target ? target.refs : [], kubectlScope(flags), flags.selector);
      return this.presentCommands(commands, flags.output);
    }
    const cluster = await this.connect(flags);
    const target = targetIn(cluster.namespace);
    const [ref, ...more] = 'refs' in target ? target.refs : [];
    if (ref !== undefined && more.length === 0) {
      const report = await rolloutStatus(cluster, ref, this.signal);
      this.present(report, flags.output, renderStatus);
      this.exit(exitCodeOf(report));
    }
    const report = await rolloutOverview(cluster, target, this.signal);
    this.present(report, flags.output, (overview, screen) =>
      renderOverview(overview, this.interactive ? screen : {...screen, width: Number.POSITIVE_INFINITY}),
    );
    this.exit(exitCodeOfOverview(report));
  }
}
