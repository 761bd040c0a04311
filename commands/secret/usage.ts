import {UsageCommand, usageArgs, usageFlags} from '../../src/cli/config-usage.ts';

export default class SecretUsageCommand extends UsageCommand {
  static override summary = 'Say who uses a Secret, and when they see a change of it.';
  static override description =
    'Users are found in the pod templates of Deployments, StatefulSets, DaemonSets, Jobs, CronJobs and ReplicaSets, in pods of nobody else, in service accounts, Ingresses and persistent volumes.';
  static override examples = [
    '<%= config.bin %> secret usage db -n shop',
    '<%= config.bin %> secret usage --unused -A',
    '<%= config.bin %> secret usage --missing -n shop',
  ];
  static override args = usageArgs;
  static override flags = usageFlags;

  async run(): Promise<void> {
    await this.show('secrets', await this.parse(SecretUsageCommand));
  }
}
