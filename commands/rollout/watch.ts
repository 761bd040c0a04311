import {Flags} from '@oclif/core';
import {
  allNamespacesFlag,
  clusterFlags,
  kubectlScope,
  outputFlag,
  selectorFlag,
  showCommandsFlag,
} from '../../src/cli/command.ts';
import {filenameFlag, targetOf, workloadsArgs} from '../../src/cli/rollout.ts';
import {WatchingCommand, watchFlags} from '../../src/cli/watch.ts';
import {ExitCode, Problem} from '../../src/problem.ts';
import {watchCommands} from '../../src/rollout/kubectl.ts';

export default class RolloutWatchCommand extends WatchingCommand {
  static override summary = 'Watch rollouts until they are done, or cannot be.';
  static override description = `Without a workload: all of the namespace that are not healthy.

Ends with 0 when all are rolled out, 3 when one failed or cannot succeed, 4 when the time was up, 130 on Ctrl-C.`;
  static override examples = [
    '<%= config.bin %> rollout watch deploy/web -n shop',
    '<%= config.bin %> rollout watch deploy/web sts/db --timeout 5m',
    '<%= config.bin %> rollout watch -l app.kubernetes.io/part-of=shop --no-fail-fast',
  ];
  static override args = workloadsArgs;
  static override flags = {
    ...clusterFlags,
    ...allNamespacesFlag,
    ...selectorFlag,
    ...filenameFlag,
    ...outputFlag,
    ...showCommandsFlag,
    ...watchFlags,
    revision: Flags.integer({description: 'wait for this revision; a newer one is a failure', min: 1, helpValue: 'N'}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(RolloutWatchCommand);
    const targetIn = await targetOf(args, flags, this.signal);
    const target = targetIn('');
    const isOne = 'refs' in target && target.refs.length === 1;
    if (flags.revision !== undefined && !isOne) {
      throw new Problem('--revision needs one workload', {
        why: 'revisions of different workloads have different numbers',
        next: 'for example kops rollout watch deploy/web --revision 5',
        exitCode: ExitCode.usage,
      });
    }
    if (flags['show-commands']) {
      const commands = watchCommands('refs' in target ? target.refs : [], flags, kubectlScope(flags));
      return this.presentCommands(commands, flags.output);
    }
    const cluster = await this.connect(flags);
    this.exit(await this.watch(cluster, targetIn(cluster.namespace), flags));
  }
}
