import {Flags} from '@oclif/core';
import {ClusterCommand, clusterFlags, kubectlScope, showCommandsFlag} from '../../src/cli/command.ts';
import {oneWorkload, workloadArgs} from '../../src/cli/rollout.ts';
import {ExitCode} from '../../src/problem.ts';
import {rolloutDiff} from '../../src/rollout/diff.ts';
import {diffCommands} from '../../src/rollout/kubectl.ts';
import {renderDiff, renderUnified} from '../../src/rollout/view/diff.ts';

export default class RolloutDiffCommand extends ClusterCommand {
  static override summary = 'Show what differs between two revisions of a workload.';
  static override description =
    'By itself: the previous revision against the current one, or, where a change is not rolled out yet, the last revision against it.';
  static override examples = [
    '<%= config.bin %> rollout diff deploy/web -n shop',
    '<%= config.bin %> rollout diff deploy/web --from 3 --to 5 --exit-code',
    '<%= config.bin %> rollout diff ds/agent -o unified | less',
  ];
  static override args = workloadArgs;
  static override flags = {
    ...clusterFlags,
    ...showCommandsFlag,
    output: Flags.option({
      char: 'o',
      description: 'how to print it; unified: as diff -u has it',
      options: ['human', 'json', 'yaml', 'unified'] as const,
      default: 'human' as const,
    })(),
    from: Flags.integer({description: 'revision to start from; default: the one before', min: 1, helpValue: 'N'}),
    to: Flags.integer({description: 'revision to compare it with; default: what is there now', min: 1, helpValue: 'M'}),
    'exit-code': Flags.boolean({description: 'end with 1 where there is a difference'}),
  };

  protected override readonly quotes = true;

  async run(): Promise<void> {
    const {args, flags} = await this.parse(RolloutDiffCommand);
    const workload = oneWorkload(args);
    const format = flags.output === 'unified' ? 'human' : flags.output;
    if (flags['show-commands']) {
      const commands = diffCommands(workload, flags, kubectlScope(flags));
      return this.presentCommands(commands, format);
    }
    const cluster = await this.connect(flags);
    const report = await rolloutDiff(cluster, {...workload, namespace: cluster.namespace}, flags, this.signal);
    if (flags.output === 'unified' && (!this.interactive || report.unified === '')) process.stdout.write(report.unified);
    else this.present(report, format, flags.output === 'unified' ? renderUnified : renderDiff);
    if (flags['exit-code'] && report.changes.length > 0) this.exit(ExitCode.difference);
  }
}
