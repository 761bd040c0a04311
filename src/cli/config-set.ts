import {Args, Flags, type Interfaces} from '@oclif/core';
import {certificateWarnings} from '../config/change/certificate-warnings.ts';
import {setCommands, unsetCommands} from '../config/change/kubectl.ts';
import {readConfig, type Target} from '../config/change/save.ts';
import {applyPlan, type ChangePlan, planSet, planUnset} from '../config/change/set.ts';
import {valueSource} from '../config/change/source.ts';
import {gather, newlineWarnings} from '../config/create/gather.ts';
import type {Source} from '../config/create/sources.ts';
import type {Cluster} from '../kube/cluster.ts';
import {enumerate} from '../text/enumerate.ts';
import {asGiven, kubectlScope} from './command.ts';
import {ChangeConfigCommand, type ChangeConfigFlags, changeConfigFlags, nameArg, targetNamed} from './config-change.ts';
import {askFirst} from './confirm.ts';
import {localInputs} from './local-inputs.ts';

const keyArg = {key: Args.string({description: 'the key, new or not', required: true})};

export const setArgs = {
  ...nameArg('ConfigMap'),
  ...keyArg,
  value: Args.string({description: 'the value; default: all of standard input, which may not be empty'}),
};

/** Words behind the key are taken, so that the refusal is kops' own: oclif's would quote them. */
export const secretSetArgs = {
  ...nameArg('Secret'),
  ...keyArg,
  value: Args.string({description: 'not for Secrets', hidden: true, multiple: true}),
};

export const setFlags = {
  ...changeConfigFlags,
  'from-file': Flags.string({
    description: 'the content of a file, to the byte',
    helpValue: 'PATH',
    helpGroup: 'VALUE',
    parse: asGiven('PATH'),
  }),
};

export const secretSetFlags = {
  ...setFlags,
  prompt: Flags.boolean({
    description: 'ask for it on the terminal, twice and unseen; so it is by itself there',
    helpGroup: 'VALUE',
  }),
  random: Flags.string({
    description: 'random bytes of the operating system (32 by default), as base64url without padding',
    helpValue: 'BYTES',
    helpGroup: 'VALUE',
  }),
  'from-literal': Flags.string({description: "as it is written here; it then shows in the shell's history", helpGroup: 'VALUE'}),
};

type SetFlags = Interfaces.InferredFlags<typeof setFlags> &
  Partial<Pick<Interfaces.InferredFlags<typeof secretSetFlags>, 'prompt' | 'random' | 'from-literal'>>;

export const unsetArgs = (kind: Target['kind']) => ({
  ...nameArg(kind),
  key: Args.string({description: 'the keys', required: true, multiple: true}),
});

/** `set` and `unset`, of Secrets and ConfigMaps. */
export abstract class SetConfigCommand extends ChangeConfigCommand {
  /** `--random` alone is `--random=32`: oclif knows no flag whose value may be left out. */
  override async init(): Promise<void> {
    if (this.ctor.flags.random)
      this.argv = this.argv.map((word, i) =>
        word === '--random' && !/^\d+$/.test(this.argv[i + 1] ?? '') ? '--random=32' : word,
      );
    await super.init();
  }

  protected async set(
    kind: Target['kind'],
    {args, flags}: {args: {name: string; key: string; value?: string | readonly string[] | undefined}; flags: SetFlags},
  ): Promise<void> {
    const target = targetNamed(kind, args.name);
    const {key} = args;
    const source = valueSource(target, {...flags, key, value: [args.value].flat()[0]}, process.stdin.isTTY);
    if (flags['show-commands']) return this.showCommands(target, setCommands(target, {key, source}, kubectlScope(flags)), flags);
    const isAsked = flags['dry-run'] === 'none' && !flags.yes;
    const cluster = await this.connect(flags);
    const object = await readConfig(cluster, target, {verb: 'set', words: ` ${key}`}, this.signal);
    const value = await this.take(target, source);
    if (kind === 'Secret') for (const warning of valueWarnings(key, source, value)) this.warnOf(warning);
    const plan = planSet(object, key, value);
    if (kind === 'Secret') for (const warning of certificateWarnings(plan.before, plan.after, Date.now())) this.warnOf(warning);
    await this.apply(cluster, plan, `Replace ${key} of`, isAsked, flags);
  }

  private async take({kind}: Target, source: Source): Promise<Buffer> {
    const inputs = localInputs(this.signal);
    if (source.via === 'prompt') return Buffer.from(await inputs.ask(source.key, 'pipe it in, without --prompt'));
    const {entries} = await gather([source], inputs, {
      emptyWith: () => (kind === 'Secret' ? "--from-literal ''" : "'' behind the key"),
    });
    return entries[0]?.value ?? Buffer.alloc(0);
  }

  protected async unset(
    kind: Target['kind'],
    {args, flags}: {args: {name: string; key: readonly string[]}; flags: ChangeConfigFlags},
  ): Promise<void> {
    const target = targetNamed(kind, args.name);
    const keys = [...new Set(args.key)];
    if (flags['show-commands']) return this.showCommands(target, unsetCommands(target, keys, kubectlScope(flags)), flags);
    const cluster = await this.connect(flags);
    const object = await readConfig(cluster, target, {verb: 'unset', words: ` ${keys.join(' ')}`}, this.signal);
    const plan = planUnset(object, keys);
    await this.apply(cluster, plan, `Delete ${enumerate(keys)} of`, flags['dry-run'] === 'none' && !flags.yes, flags);
  }

  /** Asks where a value is overwritten or deleted. */
  private async apply(
    cluster: Cluster,
    plan: ChangePlan,
    question: string,
    isAsked: boolean,
    flags: ChangeConfigFlags,
  ): Promise<void> {
    const {object, keys} = plan;
    if (isAsked && keys.some(({change}) => change !== 'added')) {
      this.propose({...plan, renamed: null, theirs: []}, cluster, object.kind === 'ConfigMap');
      await askFirst(`${question} ${object.kind.toLowerCase()}/${object.metadata.name}?`, {yes: false, signal: this.signal});
    }
    const isReal = flags['dry-run'] === 'none' && keys.length > 0;
    const undoCommand = isReal ? await this.backUp(object, cluster, flags) : null;
    const report = await applyPlan(cluster, plan, {dryRun: flags['dry-run'], undoCommand, signal: this.signal});
    await this.finish(cluster, report, flags);
  }
}

const ORIGINS: Readonly<Record<string, string>> = {stdin: 'standard input', file: '--from-file', literal: '--from-literal'};

const valueWarnings = (key: string, {via}: Source, value: Buffer): readonly string[] => [
  ...newlineWarnings([{key, value, origin: ORIGINS[via] ?? via}]),
  ...(via === 'literal'
    ? ["--from-literal shows in the shell's history and to who lists processes: --prompt and a pipe do not"]
    : []),
];
