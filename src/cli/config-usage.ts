import {Args, Flags} from '@oclif/core';
import type {ConfigResource} from '../config/usage/collect.ts';
import {usageCommands} from '../config/usage/kubectl.ts';
import {exitCodeOfMissing, missingConfig} from '../config/usage/missing.ts';
import {configUsage, configUsages, exitCodeOfUnused, exitCodeOfUsage, unusedConfig} from '../config/usage/usage.ts';
import {renderMissing, renderUnused, renderUsage, renderUsages} from '../config/usage/view.ts';
import {ExitCode, Problem} from '../problem.ts';
import {allNamespacesFlag, ClusterCommand, clusterFlags, kubectlScope, outputFlag, showCommandsFlag} from './command.ts';
import {keepMemoryFlat} from './memory.ts';

export const usageArgs = {name: Args.string({description: 'its name; without one, of each'})};

export const usageFlags = {
  ...clusterFlags,
  ...allNamespacesFlag,
  unused: Flags.boolean({description: 'those that nobody refers to', exclusive: ['missing']}),
  missing: Flags.boolean({description: 'references to what does not exist: exit code 3 where there are some'}),
  ...outputFlag,
  ...showCommandsFlag,
};

interface Given {
  readonly args: {readonly name?: string | undefined};
  readonly flags: Parameters<ClusterCommand['connect']>[0] & {
    readonly 'all-namespaces'?: boolean;
    readonly unused?: boolean;
    readonly missing?: boolean;
    readonly 'show-commands'?: boolean;
    readonly output: 'human' | 'json' | 'yaml';
  };
}

/** `secret usage` and `configmap usage`. */
export abstract class UsageCommand extends ClusterCommand {
  protected async show(resource: ConfigResource, {args, flags}: Given): Promise<void> {
    const name = args.name?.replace(/^(secrets?|configmaps?|cm)\//, '');
    const list = flags.unused ? 'unused' : flags.missing ? 'missing' : undefined;
    if (name !== undefined && list !== undefined) {
      throw new Problem(`${name} cannot be combined with --${list}`, {
        why: `--${list} is about all of them`,
        next: 'leave one of the two out',
        exitCode: ExitCode.usage,
      });
    }
    if (flags['show-commands'])
      return this.presentCommands(usageCommands({resource, name, list}, kubectlScope(flags)), flags.output);

    const cluster = await this.connect(flags);
    const everywhere = flags['all-namespaces'] ?? false;
    if (everywhere) keepMemoryFlat();
    const scope = {resource, name, namespace: everywhere ? undefined : cluster.namespace};
    if (list === 'unused') {
      const report = await unusedConfig(cluster, scope, this.signal);
      this.present(report, flags.output, renderUnused);
      this.exit(exitCodeOfUnused(report));
    } else if (list === 'missing') {
      const report = await missingConfig(cluster, scope, this.signal);
      this.present(report, flags.output, renderMissing);
      this.exit(exitCodeOfMissing(report));
    } else if (name !== undefined && !everywhere) {
      const report = await configUsage(cluster, {resource, name}, this.signal);
      this.present(report, flags.output, renderUsage);
      this.exit(exitCodeOfUsage(report));
    } else {
      const report = await configUsages(cluster, scope, this.signal);
      this.present(report, flags.output, renderUsages);
      this.exit(exitCodeOfUsage(report));
    }
  }
}
