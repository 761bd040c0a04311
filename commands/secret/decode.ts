import {Args, Flags} from '@oclif/core';
import {ClusterCommand, clusterFlags, kubectlScope, showCommandsFlag} from '../../src/cli/command.ts';
import {type DecodedSecret, decodeSecret, onlyValue} from '../../src/config/decode.ts';
import {shellAssignments} from '../../src/config/env-file.ts';
import {decodeCommand} from '../../src/config/kubectl.ts';
import {renderDecodedSecret} from '../../src/config/view.ts';
import {getNamed} from '../../src/kube/lookup.ts';

export default class SecretDecodeCommand extends ClusterCommand {
  static override summary = 'Print what a Secret holds, decoded.';
  static override description = 'With a KEY and off a terminal, or with -o raw: the bytes of that key and nothing else.';
  static override examples = [
    '<%= config.bin %> secret decode db -n shop',
    '<%= config.bin %> secret decode db password -n shop | pbcopy',
    'eval "$(<%= config.bin %> secret decode db -n shop -o env)"',
  ];
  static override args = {
    name: Args.string({description: 'name of the Secret', required: true}),
    key: Args.string({description: 'only this key of it'}),
  };
  static override flags = {
    ...clusterFlags,
    ...showCommandsFlag,
    output: Flags.option({
      char: 'o',
      description: 'how to print it; env: assignments for a POSIX shell, raw: the bytes of one key',
      options: ['human', 'json', 'yaml', 'env', 'raw'] as const,
      default: 'human' as const,
    })(),
  };

  protected override readonly quotes = true;

  async run(): Promise<void> {
    const {args, flags} = await this.parse(SecretDecodeCommand);
    const name = args.name.replace(/^secrets?\//, '');
    if (flags['show-commands']) {
      const format = flags.output === 'json' || flags.output === 'yaml' ? flags.output : 'human';
      return this.presentCommands([decodeCommand(name, args.key, kubectlScope(flags))], format);
    }

    const cluster = await this.connect(flags);
    const retry = (ref: {name: string; namespace: string}) =>
      ['kops secret decode', ref.name, ...(args.key ? [args.key] : []), '-n', ref.namespace].join(' ');
    const secret = await getNamed(cluster, 'secrets', {namespace: cluster.namespace, name}, retry, this.signal);
    const report = decodeSecret(secret, args.key);
    if (flags.output === 'raw' || (flags.output === 'human' && args.key !== undefined && !process.stdout.isTTY)) {
      process.stdout.write(onlyValue(report));
    } else if (flags.output === 'env') this.printAssignments(report);
    else this.present(report, flags.output, renderDecodedSecret);
  }

  private printAssignments(report: DecodedSecret): void {
    const {text, left} = shellAssignments(report);
    this.log(text);
    if (left.length > 0)
      this.tell(`${this.errorScreen.theme.waiting('⚠')} left out, not possible as a shell variable: ${left.join(', ')}`);
  }
}
