import {Args, Flags} from '@oclif/core';
import {ClusterCommand, clusterFlags} from '../src/cli/command.ts';
import {parseTarget} from '../src/config/container/target.ts';
import {effectiveEnv} from '../src/config/env/env.ts';
import {renderEnv} from '../src/config/env/view.ts';
import {ExitCode} from '../src/problem.ts';

export default class EnvCommand extends ClusterCommand {
  static override summary = 'Show the environment variables that a container really gets, and where each comes from.';
  static override args = {
    workload: Args.string({description: 'for example deploy/web, sts/db or pod/web-0', required: true}),
    name: Args.string({description: 'its name, where the word before is only a kind'}),
  };
  static override flags = {
    ...clusterFlags,
    output: Flags.option({
      char: 'o',
      description: 'how to print it; env: assignments for a POSIX shell',
      options: ['human', 'json', 'yaml'] as const,
      default: 'human' as const,
    })(),
    container: Flags.string({char: 'c', description: 'container; default: the one that kubectl takes', helpValue: 'NAME'}),
    reveal: Flags.boolean({description: "show Secrets' values"}),
  };

  protected override readonly quotes = true;

  async run(): Promise<void> {
    const {args, flags} = await this.parse(EnvCommand);
    const cluster = await this.connect(flags);
    const target = {...parseTarget(args.workload, args.name), namespace: cluster.namespace};
    const report = await effectiveEnv(cluster, target, flags, this.signal);
    this.present(report, flags.output, renderEnv);
    if (report.errors.length > 0) this.exit(ExitCode.negative);
  }
}
