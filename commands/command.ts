import {Flags, type Interfaces} from '@oclif/core';
import {asGiven, ClusterCommand, clusterFlags, kubectlScope, outputFlag, showCommandsFlag} from '../src/cli/command.ts';
import {containerArgs, containerFlags, manifestOf, namedTarget} from '../src/cli/container.ts';
import {askNode, imageConfigOf, wayFlags} from '../src/cli/image-config.ts';
import {type CommandOptions, effectiveCommand, effectiveCommandOfFile} from '../src/config/command/command.ts';
import {commandCommands} from '../src/config/command/kubectl.ts';
import type {EffectiveCommand} from '../src/config/command/report.ts';
import {renderCommand} from '../src/config/command/view.ts';
import {ExitCode} from '../src/problem.ts';

export default class CommandCommand extends ClusterCommand {
  static override summary = 'Show what a container really runs: ENTRYPOINT and CMD of its image against command and args.';
  static override description =
    "The image's part comes from a file, or from the runtime of a node that has it; where neither tells, it is said to be unknown. " +
    'Ends with 3 where the container will not start: a reference leads nowhere, or there is no such program in any image.';
  static override examples = [
    '<%= config.bin %> command deploy/web -n shop',
    '<%= config.bin %> command -f pod.yaml --image-config image.json   # docker inspect IMAGE > image.json',
  ];
  static override args = containerArgs;
  static override flags = {
    ...clusterFlags,
    ...showCommandsFlag,
    ...outputFlag,
    ...containerFlags,
    'image-config': Flags.string({
      description: 'what docker inspect, skopeo inspect --config or crictl inspecti says of the image',
      helpValue: 'FILE',
      parse: asGiven('a file'),
    }),
    ...wayFlags,
  };

  protected override readonly quotes = true;

  async run(): Promise<void> {
    const {args, flags} = await this.parse(CommandCommand);
    const named = namedTarget(args, flags.filename);
    if (flags['show-commands']) return this.presentCommands(commandCommands(named, flags, kubectlScope(flags)), flags.output);
    const report = await this.read(named, flags);
    this.present(report, flags.output, renderCommand);
    if (report.errors.length > 0) this.exit(ExitCode.negative);
  }

  private async read(
    named: ReturnType<typeof namedTarget>,
    flags: Interfaces.InferredFlags<typeof CommandCommand.flags>,
  ): Promise<EffectiveCommand> {
    const image = flags['image-config'];
    const options: CommandOptions = {
      ...flags,
      ...(image !== undefined && {imageConfig: await imageConfigOf(image, this.signal)}),
    };
    if (named === undefined || flags.filename !== undefined)
      return effectiveCommandOfFile(
        await manifestOf(flags.filename ?? '-', this.signal),
        named,
        flags.namespace ?? 'default',
        options,
      );
    const cluster = await this.connect(flags);
    const target = {...named, namespace: cluster.namespace};
    return effectiveCommand(cluster, target, options, (...asked) => askNode(cluster, flags, ...asked), this.signal);
  }
}
