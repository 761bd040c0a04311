import {Flags, type Interfaces} from '@oclif/core';
import {ClusterCommand, clusterFlags, kubectlScope, showCommandsFlag} from '../src/cli/command.ts';
import {containerArgs, containerFlags, manifestOf, namedTarget} from '../src/cli/container.ts';
import {compareEffectiveEnv, effectiveEnv, effectiveEnvOfFile} from '../src/config/env/env.ts';
import {envCommands} from '../src/config/env/kubectl.ts';
import type {EffectiveEnv} from '../src/config/env/report.ts';
import {envAssignments} from '../src/config/env/shell.ts';
import {renderEnv, renderLeftOut} from '../src/config/env/view.ts';
import {ExitCode} from '../src/problem.ts';

export default class EnvCommand extends ClusterCommand {
  static override summary = 'Show the environment variables that a container really gets, and where each comes from.';
  static override description =
    'What the kubelet makes of env, envFrom, ConfigMaps, Secrets and service links: expanded, with what is covered, skipped or missing. ' +
    'Ends with 3 where the container will not start; where --compare is not possible with 4 (it does not run) or 5.';
  static override examples = [
    '<%= config.bin %> env deploy/web -n shop',
    '<%= config.bin %> env web-7bfb4bc78d-2xkq9 -c proxy --compare',
    '<%= config.bin %> env -f deployment.yaml',
    'eval "$(<%= config.bin %> env deploy/web -o env --reveal)"',
  ];
  static override args = containerArgs;
  static override flags = {
    ...clusterFlags,
    ...showCommandsFlag,
    output: Flags.option({
      char: 'o',
      description: 'how to print it; env: assignments for a POSIX shell',
      options: ['human', 'json', 'yaml', 'env'] as const,
      default: 'human' as const,
    })(),
    ...containerFlags,
    compare: Flags.boolean({description: 'with what a running container has', exclusive: ['filename']}),
  };

  protected override readonly quotes = true;

  async run(): Promise<void> {
    const {args, flags} = await this.parse(EnvCommand);
    const named = namedTarget(args, flags.filename);
    const format = flags.output === 'env' ? 'human' : flags.output;
    if (flags['show-commands']) return this.presentCommands(envCommands(named, flags, kubectlScope(flags)), format);

    const report = await this.read(named, flags);
    if (flags.output === 'env') this.printAssignments(report, flags.reveal);
    else this.present(report, format, renderEnv);
    this.exit(report.errors.length > 0 ? ExitCode.negative : (report.notCompared?.exitCode ?? ExitCode.ok));
  }

  private async read(
    named: ReturnType<typeof namedTarget>,
    flags: Interfaces.InferredFlags<typeof EnvCommand.flags>,
  ): Promise<EffectiveEnv> {
    if (named === undefined || flags.filename !== undefined)
      return effectiveEnvOfFile(await manifestOf(flags.filename ?? '-', this.signal), named, flags.namespace ?? 'default', flags);
    const cluster = await this.connect(flags);
    const read = flags.compare ? compareEffectiveEnv : effectiveEnv;
    return read(cluster, {...named, namespace: cluster.namespace}, flags, this.signal);
  }

  private printAssignments(report: EffectiveEnv, reveal: boolean): void {
    const {text, left} = envAssignments(report, {reveal, onTerminal: process.stdout.isTTY});
    this.log(text);
    for (const line of renderLeftOut(report, left, this.errorScreen)) this.tell(line);
  }
}
