import {Args, Flags, type Interfaces} from '@oclif/core';
import type {Proposal} from '../config/change/edit.ts';
import type {ConfigChange} from '../config/change/report.ts';
import {restartAll} from '../config/change/restart.ts';
import type {Target} from '../config/change/save.ts';
import {renderChange, renderLeft, renderProposal} from '../config/change/view.ts';
import type {ConfigObject} from '../config/create/object.ts';
import {usageCommands} from '../config/usage/kubectl.ts';
import type {Cluster} from '../kube/cluster.ts';
import {ExitCode} from '../problem.ts';
import {renderRestart} from '../rollout/view/restart.ts';
import {workloadName} from '../rollout/workload.ts';
import {backupFlag, keep} from './backup.ts';
import {changeFlags, clusterFlags, kubectlScope, outputFlag, showCommandsFlag, yesFlag} from './command.ts';
import {WatchingCommand, watchFlags} from './watch.ts';

export const nameArg = (kind: Target['kind']) => ({name: Args.string({description: `name of the ${kind}`, required: true})});

export const restartFlags = {
  restart: Flags.boolean({
    description: 'then restart the Deployments, StatefulSets and DaemonSets that see it only after that, and watch them',
  }),
  ...watchFlags,
};

/** What `edit`, `set` and `unset` share. */
export const changeConfigFlags = {
  ...clusterFlags,
  ...outputFlag,
  ...showCommandsFlag,
  ...changeFlags,
  ...yesFlag,
  ...backupFlag,
  ...restartFlags,
};

export type ChangeConfigFlags = Interfaces.InferredFlags<typeof changeConfigFlags>;
type RestartFlags = Pick<ChangeConfigFlags, 'output' | 'restart' | 'timeout' | 'fail-fast'>;

/** `secret/db` is `db`. */
export const targetNamed = (kind: Target['kind'], name: string): Target => ({
  kind,
  name: name.replace(/^(secrets?|configmaps?|cm)\//, ''),
});

export const willRestart = ({dryRun, restart}: ConfigChange, flags: Pick<RestartFlags, 'restart'>): boolean =>
  flags.restart && dryRun === 'none' && restart.length > 0;

/** A command that changes the values of a ConfigMap or a Secret, and then sees to those who use it. */
export abstract class ChangeConfigCommand extends WatchingCommand {
  /** Tells what was done; then sees to those who need a restart, and ends with how that went. */
  protected async finish(cluster: Cluster, report: ConfigChange, flags: ChangeConfigFlags): Promise<void> {
    const restarts = willRestart(report, flags);
    this.presentChange(report, {output: flags.output, watch: restarts}, (change, screen) =>
      renderChange(change, {restarts}, screen),
    );
    await this.restartUsers(cluster, report, flags);
  }

  /** Where that is asked for, and somebody needs it. */
  protected async restartUsers(cluster: Cluster, report: ConfigChange, flags: RestartFlags): Promise<void> {
    const {output} = flags;
    if (!willRestart(report, flags)) {
      if (flags.restart && report.dryRun === 'none') this.tell('nobody has to be restarted for it');
      return;
    }
    const {restarted, refused, left} = await restartAll(cluster, report.restart, this.signal);
    for (const one of restarted) this.presentChange(one, {output, watch: true}, renderRestart);
    for (const {workload, problem} of refused)
      this.warnOf(`${workloadName(workload)} was not restarted: ${[problem.message, problem.why].filter(Boolean).join(': ')}`);
    if (left.length > 0) this.tell(renderLeft(left, this.errorScreen));
    if (left.length > 0) this.exit(ExitCode.interrupted);
    const refs = restarted.map(({workload}) => workload);
    const code = refs.length > 0 ? await this.watch(cluster, {refs}, flags) : 0;
    this.exit(code === 0 ? (refused[0]?.problem.exitCode ?? 0) : code);
  }

  /** What would be written, before it is asked for. As it is: it may quote what is stored. */
  protected propose(proposal: Proposal, {namespace, context}: Cluster, reveal: boolean): void {
    const options = {where: `${namespace} · ${context}`, reveal};
    process.stderr.write(`${renderProposal(proposal, options, this.errorScreen)}\n`);
  }

  /** What is there goes to `--backup`, where that is given; tells the command that brings it back. */
  protected async backUp(
    object: ConfigObject,
    cluster: Cluster,
    flags: Omit<ChangeConfigFlags, 'output'>,
  ): Promise<string | null> {
    if (flags.backup === undefined) return null;
    return keep(object, flags.backup, {...kubectlScope(flags), namespace: cluster.namespace});
  }

  /** With who uses it, where they are to be restarted. */
  protected showCommands({kind, name}: Target, commands: readonly string[], flags: ChangeConfigFlags): void {
    const resource = kind === 'Secret' ? 'secrets' : 'configmaps';
    const users = flags.restart ? usageCommands({resource, name}, kubectlScope(flags)) : [];
    this.presentCommands([...commands, ...users], flags.output);
  }

  protected warnOf(text: string): void {
    this.tell(`${this.errorScreen.theme.waiting('⚠')} ${text}`);
  }
}
