import {UsageCommand, usageArgs, usageFlags} from '../../src/cli/config-usage.ts';

export default class ConfigMapUsageCommand extends UsageCommand {
  static override summary = 'Say who uses a ConfigMap, and when they see a change of it.';
  static override description =
    'Users are found in the pod templates of Deployments, StatefulSets, DaemonSets, Jobs, CronJobs and ReplicaSets, and in pods of nobody else.';
  static override examples = [
    '<%= config.bin %> configmap usage web -n shop',
    '<%= config.bin %> configmap usage --unused -A',
    '<%= config.bin %> configmap usage --missing -n shop',
  ];
  static override args = usageArgs;
  static override flags = usageFlags;

  async run(): Promise<void> {
    await this.show('configmaps', await this.parse(ConfigMapUsageCommand));
  }
}
