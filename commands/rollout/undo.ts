import {Flags} from '@oclif/core';
import {
  changeFlags,
  clusterFlags,
  kubectlScope,
  outputFlag,
  showCommandsFlag,
  watchFlag,
  yesFlag,
} from '../../src/cli/command.ts';
import {askFirst, askWhether} from '../../src/cli/confirm.ts';
import {oneWorkload, workloadArgs} from '../../src/cli/rollout.ts';
import {WatchingCommand, watchFlags} from '../../src/cli/watch.ts';
import {undoCommands} from '../../src/rollout/kubectl.ts';
import {applyUndo, exitCodeOfUndo, prepareUndo} from '../../src/rollout/undo.ts';
import type {UndoPlan} from '../../src/rollout/undo-plan.ts';
import {renderUndo, renderUndoPlan} from '../../src/rollout/view/undo.ts';

export default class RolloutUndoCommand extends WatchingCommand {
  static override summary = 'Bring back an earlier revision of a workload.';
  static override description =
    'Shows what will change and what that leaves to do, asks, and puts the pod template of the revision back: the previous one by itself.';
  static override examples = [
    '<%= config.bin %> rollout undo deploy/web -n shop --watch',
    '<%= config.bin %> rollout undo sts/db --to-revision 3 --dry-run=server',
  ];
  static override args = workloadArgs;
  static override flags = {
    ...clusterFlags,
    ...outputFlag,
    ...showCommandsFlag,
    ...changeFlags,
    ...yesFlag,
    ...watchFlag,
    ...watchFlags,
    'to-revision': Flags.integer({description: 'revision to go back to; default: the previous', min: 1, helpValue: 'N'}),
    'delete-stuck-pod': Flags.boolean({description: 'delete pods of a StatefulSet that are not ready and hold the undo up'}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(RolloutUndoCommand);
    const {output, 'to-revision': toRevision, 'dry-run': dryRun} = flags;
    const workload = oneWorkload(args);
    if (flags['show-commands']) {
      const options = {toRevision, dryRun, watch: flags.watch, deleteStuckPods: flags['delete-stuck-pod']};
      return this.presentCommands(undoCommands(workload, options, kubectlScope(flags)), output);
    }
    const cluster = await this.connect(flags);
    const plan = await prepareUndo(cluster, {...workload, namespace: cluster.namespace}, toRevision, this.signal);
    const isReal = dryRun === 'none' && plan.changes.length > 0;
    if (isReal) {
      this.tell(renderUndoPlan(plan, cluster.context, this.errorScreen));
      await askFirst(`Go back to revision ${plan.to.number}?`, {yes: flags.yes, signal: this.signal});
    }
    const mayAsk = dryRun === 'none' && !flags.yes;
    const deleteStuckPods = flags['delete-stuck-pod'] || (mayAsk && (await this.askForPods(plan)));
    const report = await applyUndo(cluster, plan, {dryRun, deleteStuckPods, signal: this.signal});
    const watch = flags.watch && !this.signal.aborted && (report.outcome === 'undone' || report.deletedPods.length > 0);
    this.presentChange(report, {output, watch}, renderUndo);
    if (watch) this.exit(await this.watch(cluster, {refs: [report.workload]}, flags));
    if (!this.signal.aborted) this.exit(exitCodeOfUndo(report));
  }

  private async askForPods({stuckPods, changes}: UndoPlan): Promise<boolean> {
    if (stuckPods.length === 0) return false;
    const pods = stuckPods.map(({name}) => `pod/${name}`).join(' and ');
    const are = stuckPods.length === 1 ? 'is' : 'are';
    const unready = `${pods}, which ${are} not ready`;
    const question =
      changes.length > 0
        ? `Also delete ${unready} and would hold it up?`
        : `It is at that revision already. Delete what holds it up: ${unready}?`;
    return askWhether(question, this.signal);
  }
}
