import {Args, Flags, type Interfaces} from '@oclif/core';
import {certificateWarnings} from '../config/change/certificate-warnings.ts';
import {replaced} from '../config/change/report.ts';
import {renderSeen} from '../config/change/view.ts';
import {
  type ConfigCreate,
  createConfig,
  type Existing,
  findExisting,
  nameOf,
  notSent,
  replaceConfig,
} from '../config/create/create.ts';
import {gather, type Inputs, newlineWarnings} from '../config/create/gather.ts';
import {invalid} from '../config/create/invalid.ts';
import type {Entry} from '../config/create/keys.ts';
import {createCommands, type SpecialWords} from '../config/create/kubectl.ts';
import {parsePairs} from '../config/create/metadata.ts';
import {buildObject, type ConfigObject, type Draft} from '../config/create/object.ts';
import {parseSources, type Source} from '../config/create/sources.ts';
import {renderCreate, renderReplacement} from '../config/create/view.ts';
import type {Cluster} from '../kube/cluster.ts';
import {jsonText} from '../text/json.ts';
import {yamlText} from '../text/yaml.ts';
import {backupFlag} from './backup.ts';
import {asGiven, changeFlags, clusterFlags, kubectlScope, showCommandsFlag, yesFlag} from './command.ts';
import {ChangeConfigCommand, restartFlags, willRestart} from './config-change.ts';
import {askFirst} from './confirm.ts';
import {localInputs} from './local-inputs.ts';

const many = (description: string, helpValue: string, group: {helpGroup?: string} = {helpGroup: 'VALUES'}) =>
  Flags.string({
    description,
    helpValue,
    ...group,
    multiple: true,
    multipleNonGreedy: true,
    parse: asGiven(helpValue),
  });

export const createArgs = (kind: Draft['kind']) => ({
  name: Args.string({description: `name of the new ${kind}`, required: true}),
});

/** Words behind the name are taken, so that the refusal is kops' own: oclif's would quote them. */
export const secretCreateArgs = {
  ...createArgs('Secret'),
  words: Args.string({description: 'not for Secrets', hidden: true, multiple: true}),
};

/** Where the values come from, what else the object has, and what to do where one of its name is there. */
export const createFlags = {
  ...clusterFlags,
  ...showCommandsFlag,
  ...changeFlags,
  ...yesFlag,
  'from-literal': many('a value as it is written here', 'KEY=VALUE'),
  'from-file': many('the content of a file, or of each regular file of a directory, under its name or KEY', '[KEY=]PATH'),
  'from-env-file': many('the variables of an env file; excludes the other sources', 'PATH'),
  'from-stdin': Flags.string({
    description: 'all of standard input, to the byte; it may not be empty',
    helpValue: 'KEY',
    helpGroup: 'VALUES',
    parse: asGiven('KEY'),
  }),
  prompt: many('ask for the value on the terminal, twice and unseen', 'KEY'),
  random: many('random bytes of the operating system (32 by default), as base64url without padding', 'KEY[=BYTES]'),
  label: many('a label', 'KEY=VALUE', {}),
  annotation: many('an annotation', 'KEY=VALUE', {}),
  immutable: Flags.boolean({description: 'nobody can change it any more, only delete it'}),
  'append-hash': Flags.boolean({description: "append kubectl's hash of the content to the name"}),
  'if-exists': Flags.option({
    description: 'where there is one: fail, leave it as it is, or replace its values; labels and annotations of others stay',
    options: ['fail', 'skip', 'replace'] as const,
    default: 'fail' as const,
  })(),
  ...backupFlag,
  ...restartFlags,
  output: Flags.option({
    char: 'o',
    description: 'how to print the result: json and yaml print the object itself',
    options: ['human', 'json', 'yaml', 'name'] as const,
    default: 'human' as const,
  })(),
};

type CreateFlags = Interfaces.InferredFlags<typeof createFlags>;

/** What one command adds to what they share. */
export interface Wanted {
  readonly kind: Draft['kind'];
  readonly name: string;
  /** Behind the name, where there can be none. */
  readonly words?: string | readonly string[] | undefined;
  readonly type?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of flags that it has of its own: they come before the others. */
  readonly sources?: readonly Source[];
  /** Of a file that was given no key; default: its name. */
  readonly defaultKey?: string;
  /** What it makes itself, of what it asks for. */
  readonly entries?: (inputs: Inputs) => Promise<readonly Entry[]>;
  /** Judges what was gathered: throws a Problem, or warns. */
  readonly check?: (entries: readonly Entry[]) => readonly string[];
  /** For `--show-commands`, where there are no sources but its own: see `createCommands`. */
  readonly special?: SpecialWords | undefined;
}

/** Creates a ConfigMap or a Secret. */
export abstract class CreateConfigCommand extends ChangeConfigCommand {
  protected async make(wanted: Wanted, flags: CreateFlags): Promise<void> {
    const {kind, name, type, words = []} = wanted;
    if (words.length > 0) {
      throw invalid(
        'a Secret takes no value as an argument',
        "it would show in the shell's history and to who lists processes",
        'name its key and kops asks for the value (--prompt KEY), or pipe it in (--from-stdin KEY)',
      );
    }
    const draft: Draft = {
      kind,
      name,
      type,
      namespace: flags.namespace,
      labels: parsePairs('--label', flags.label ?? []),
      annotations: {...parsePairs('--annotation', flags.annotation ?? []), ...wanted.annotations},
      immutable: flags.immutable,
      appendHash: flags['append-hash'],
    };
    const {output, 'dry-run': dryRun, 'if-exists': ifExists} = flags;
    if (flags.restart && output !== 'human')
      throw invalid(
        `--restart and -o ${output} exclude each other`,
        'the object alone is printed, and a restart is watched',
        'leave one of them out',
      );
    const shared = sourcesOf(flags);
    const sources = [...(wanted.sources ?? []), ...shared];
    if (flags['show-commands']) {
      const commands = createCommands(
        draft,
        sources,
        {ifExists, dryRun, special: shared.length === 0 ? wanted.special : undefined},
        kubectlScope(flags),
      );
      return this.showCommands({kind, name}, commands, {...flags, output: output === 'name' ? 'human' : output});
    }
    const object = buildObject(draft, await this.gather(wanted, sources, flags));
    if (dryRun === 'client') return this.show(notSent(object), output);
    const cluster = await this.connect(flags);
    const existing = ifExists === 'replace' ? await findExisting(cluster, object, this.signal) : undefined;
    const report = await this.send(cluster, object, existing, flags);
    this.show(report, output);
    await this.seeToUsers(cluster, existing?.object ?? report.object, report, flags);
  }

  /** Tells who uses what was replaced, and when they see it; restarts who needs it, where that is asked for. */
  private async seeToUsers(cluster: Cluster, before: ConfigObject, report: ConfigCreate, flags: CreateFlags): Promise<void> {
    if (report.outcome !== 'replaced' && !flags.restart) return;
    const after = report.outcome === 'replaced' ? report.object : before;
    const change = await replaced(cluster, before, after, {dryRun: report.dryRun, signal: this.signal});
    const isHuman = flags.output === 'human';
    const seen = renderSeen(change, {restarts: willRestart(change, flags)}, isHuman ? this.screen : this.errorScreen);
    if (seen !== '' && isHuman) this.log(this.typed(seen));
    else if (seen !== '') this.tell(seen);
    await this.restartUsers(cluster, change, {...flags, output: 'human'});
  }

  private async gather(wanted: Wanted, sources: readonly Source[], flags: CreateFlags): Promise<readonly Entry[]> {
    const inputs = localInputs(this.signal);
    const {entries: gathered, warnings} = await gather(sources, inputs, {defaultKey: wanted.defaultKey});
    const entries = [...gathered, ...((await wanted.entries?.(inputs)) ?? [])];
    const isSecret = wanted.kind === 'Secret';
    for (const warning of [
      ...warnings,
      ...(wanted.check?.(entries) ?? []),
      ...(isSecret
        ? [
            ...newlineWarnings(entries),
            ...certificateWarnings(new Map(), new Map(entries.map(({key, value}) => [key, value])), Date.now()),
          ]
        : []),
      ...(isSecret && flags['from-literal']
        ? ["--from-literal shows in the shell's history and to who lists processes: --prompt KEY and --from-stdin KEY do not"]
        : []),
    ])
      this.warnOf(warning);
    return entries;
  }

  private async send(
    cluster: Cluster,
    object: ConfigObject,
    existing: Existing | undefined,
    flags: CreateFlags,
  ): Promise<ConfigCreate> {
    const {'dry-run': mode, 'if-exists': ifExists} = flags;
    const dryRun = mode === 'none' ? mode : 'server';
    const context = {dryRun, scope: kubectlScope(flags), signal: this.signal} as const;
    if (existing === undefined) return createConfig(cluster, object, ifExists, context);
    if (dryRun === 'server' || existing.replacement.patch.length === 0)
      return replaceConfig(cluster, object, existing, {...context, undoCommand: null});
    const where = `${cluster.namespace} · ${cluster.context}`;
    this.tell(renderReplacement(object, existing.replacement, where, this.errorScreen));
    await askFirst(`Replace the values of ${nameOf(object)}?`, {yes: flags.yes, signal: this.signal});
    const undoCommand = await this.backUp(existing.object, cluster, flags);
    return replaceConfig(cluster, object, existing, {...context, undoCommand});
  }

  /** The object alone on standard output; what was done with it is then told on standard error. */
  private show(report: ConfigCreate, output: CreateFlags['output']): void {
    if (output === 'human') {
      this.log(renderCreate(report, this.screen));
      return;
    }
    if (report.dryRun === 'none') this.tell(renderCreate(report, this.errorScreen));
    if (output === 'name') {
      this.log(nameOf(report.object));
      return;
    }
    if (report.unread !== null) throw report.unread;
    const {managedFields, ...metadata} = report.object.metadata;
    const object = {...report.object, metadata};
    this.log(output === 'json' ? jsonText(object, 2) : yamlText(object));
    if (object.kind === 'Secret' && object.data)
      this.warnOf('base64 is an encoding, not encryption: who has this text has the values. Keep it out of source repositories');
  }
}

const sourcesOf = (flags: CreateFlags): Source[] =>
  parseSources({
    fromLiteral: flags['from-literal'],
    fromFile: flags['from-file'],
    fromEnvFile: flags['from-env-file'],
    fromStdin: flags['from-stdin'],
    prompt: flags.prompt,
    random: flags.random,
  });
