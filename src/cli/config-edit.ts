import {Flags, type Interfaces} from '@oclif/core';
import {certificateWarnings} from '../config/change/certificate-warnings.ts';
import {applyKept, type Desk, type EditContext, editConfig, type Proposal} from '../config/change/edit.ts';
import {editCommands} from '../config/change/kubectl.ts';
import type {ConfigChange} from '../config/change/report.ts';
import {nameOf, type Target} from '../config/change/save.ts';
import {invalid} from '../config/create/invalid.ts';
import type {Cluster} from '../kube/cluster.ts';
import {asGiven, kubectlScope} from './command.ts';
import {ChangeConfigCommand, changeConfigFlags, targetNamed} from './config-change.ts';
import {askWhether} from './confirm.ts';
import {chosenEditor, type LocalDesk, openDesk, waitingEditor} from './editor.ts';
import {readText} from './manifest.ts';

export const editFlags = {
  ...changeConfigFlags,
  from: Flags.string({
    description: 'apply an edit that was kept in this file, without an editor: its keys and no others',
    helpValue: 'FILE',
    parse: asGiven('FILE'),
  }),
};

export const revealFlag = {
  reveal: Flags.boolean({description: 'show the values in the difference before it asks'}),
};

type EditFlags = Interfaces.InferredFlags<typeof editFlags> & {readonly reveal?: boolean};

/** `secret edit` and `configmap edit`. */
export abstract class EditConfigCommand extends ChangeConfigCommand {
  protected async edit(kind: Target['kind'], {args, flags}: {args: {name: string}; flags: EditFlags}): Promise<void> {
    const target = targetNamed(kind, args.name);
    if (flags['show-commands']) return this.showCommands(target, editCommands(target, kubectlScope(flags)), flags);
    this.failUnlessPossible(target, flags);
    const kept =
      flags.from === undefined ? undefined : {text: await readText(flags.from, 'check the path', this.signal), file: flags.from};
    const cluster = await this.connect(flags);
    const context: EditContext = {
      dryRun: flags['dry-run'],
      decide: (proposal) => this.decide(proposal, cluster, flags),
      backup: (object) => this.backUp(object, cluster, flags),
      signal: this.signal,
    };
    const report =
      kept === undefined ? await this.atDesk(cluster, target, context) : await applyKept(cluster, target, kept, context);
    if (kept !== undefined && report.dryRun === 'none') this.tell(`${kept.file} is of no more use: delete it`);
    const {command, variable} = chosenEditor(process.env);
    const waiting = waitingEditor(command);
    if (kept === undefined && report.outcome === 'unchanged' && waiting !== undefined)
      this.warnOf(`${command} did not wait for you to close the file: ${variable}='${waiting}'`);
    await this.finish(cluster, report, flags);
  }

  private async atDesk(cluster: Cluster, target: Target, context: EditContext): Promise<ConfigChange> {
    const desk = await openDesk({name: target.name, isSecret: target.kind === 'Secret'}, process.env, this.signal);
    let isTold = false;
    const edit: Desk['edit'] = (text) => {
      if (!isTold) this.tellWhere(target, desk, cluster);
      isTold = true;
      return desk.edit(text);
    };
    try {
      return await editConfig(cluster, target, {...desk, edit}, context);
    } finally {
      await desk.close();
    }
  }

  private tellWhere({kind, name}: Target, {file, inMemory}: LocalDesk, {namespace, context}: Cluster): void {
    if (process.stderr.isTTY)
      this.tell(`${nameOf({kind, name})}  ${namespace} · ${context}  in ${file}${inMemory ? ', in memory' : ''}`);
    if (kind === 'Secret' && !inMemory)
      this.warnOf(`its values go to ${file} (mode 0600), which may be on a disk; $XDG_RUNTIME_DIR can name a folder in memory`);
  }

  /** Before anything is typed that nobody could then save. */
  private failUnlessPossible(target: Target, flags: EditFlags): void {
    const {command, variable} = chosenEditor(process.env);
    if (flags.from === undefined && variable === undefined && !process.stdin.isTTY)
      throw invalid(
        `${command} needs a terminal, and standard input is none`,
        'none of KUBE_EDITOR, VISUAL and EDITOR is set, so it would be that',
        `set EDITOR to a program that edits by itself, or use: kops ${target.kind.toLowerCase()} set ${target.name} KEY`,
      );
    const isAsked = flags['dry-run'] === 'none' && !flags.yes;
    if (isAsked && (!process.stdin.isTTY || !process.stderr.isTTY))
      throw invalid(
        `refused: a change of ${nameOf(target)} needs an answer`,
        'standard input is not a terminal, so nobody can be asked',
        'add --yes to go on without asking',
      );
  }

  private async decide(proposal: Proposal, cluster: Cluster, flags: EditFlags): Promise<'save' | 'again' | 'leave'> {
    const {object, renamed} = proposal;
    this.propose(proposal, cluster, object.kind === 'ConfigMap' || (flags.reveal ?? false));
    if (object.kind === 'Secret')
      for (const warning of certificateWarnings(proposal.before, proposal.after, Date.now())) this.warnOf(warning);
    if (flags.yes) return 'save';
    const name = nameOf({kind: object.kind, name: renamed ?? object.metadata.name});
    if (await askWhether(renamed === null ? `Change ${name}?` : `Create ${name}?`, this.signal)) return 'save';
    if (flags.from !== undefined) return 'leave';
    return (await askWhether('Open the editor again? No: what you typed is lost', this.signal)) ? 'again' : 'leave';
  }
}
