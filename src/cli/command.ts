import {Command, Flags, type Interfaces} from '@oclif/core';
import type {Cluster} from '../kube/cluster.ts';
import {connect} from '../kube/connect.ts';
import {ExitCode} from '../problem.ts';
import type {KubectlScope} from '../text/kubectl.ts';
import {parseDuration} from '../text/parse-duration.ts';
import type {Screen} from '../text/screen.ts';
import {asTyped, wordsOf} from './hints.ts';
import {type OutputFormat, type Report, serialise} from './output.ts';
import {isInteractive, screenOf} from './terminal.ts';

/** The parser of a flag whose value is a duration: as it was given, once it is known to be one. */
export async function asDuration(text: string): Promise<string> {
  if (parseDuration(text) !== undefined) return text;
  throw new Error(`Expected a duration like 90s, 10m or 1h30m, or 0 for no limit, but received: ${text}`);
}

/** The parser of a flag that must not be empty: `-n "$NAMESPACE"` of a script whose variable is not set would mean another one. */
export const asGiven =
  (what: string) =>
  async (text: string): Promise<string> => {
    if (text !== '') return text;
    throw new Error(`Expected ${what}, but received: `);
  };

/** Which cluster, which namespace, as whom. */
export const clusterFlags = {
  kubeconfig: Flags.string({
    helpGroup: 'CLUSTER',
    description: 'kubeconfig file; default: $KUBECONFIG, else ~/.kube/config',
    helpValue: 'FILE',
    parse: asGiven('a file'),
  }),
  context: Flags.string({
    helpGroup: 'CLUSTER',
    description: 'context of the kubeconfig',
    helpValue: 'NAME',
    parse: asGiven('the name of a context'),
  }),
  namespace: Flags.string({
    char: 'n',
    helpGroup: 'CLUSTER',
    description: "namespace; default: the context's",
    helpValue: 'NAME',
    parse: asGiven('the name of a namespace'),
  }),
  as: Flags.string({
    helpGroup: 'CLUSTER',
    description: 'user to impersonate',
    helpValue: 'USER',
    parse: asGiven('the name of a user'),
  }),
  'as-group': Flags.string({
    helpGroup: 'CLUSTER',
    description: 'group to impersonate; may be repeated',
    helpValue: 'GROUP',
    multiple: true,
    multipleNonGreedy: true,
  }),
  'request-timeout': Flags.string({
    helpGroup: 'CLUSTER',
    description: 'give up on one request after this long',
    helpValue: '30s',
    default: '30s',
    parse: asDuration,
  }),
};

/** `-o json` and `-o yaml` print the report that the human form is made of. */
export const outputFlag = {
  output: Flags.option({
    char: 'o',
    description: 'how to print the result',
    options: ['human', 'json', 'yaml'] as const,
    default: 'human' as const,
  })(),
};

export const allNamespacesFlag = {'all-namespaces': Flags.boolean({char: 'A', description: 'in all namespaces'})};
export const selectorFlag = {
  selector: Flags.string({
    char: 'l',
    description: 'only what has these labels',
    helpValue: 'app=web',
    parse: asGiven('labels like app=web'),
  }),
};
export const showCommandsFlag = {
  'show-commands': Flags.boolean({description: 'print the kubectl commands that do the same, and do nothing'}),
};

/** For every command that changes something. */
export const changeFlags = {
  'dry-run': Flags.option({
    description: 'client: show what would change; server: also let the API server judge it',
    options: ['none', 'client', 'server'] as const,
    default: 'none' as const,
  })(),
};
/** `--dry-run` alone is `--dry-run=client`, as it was in kubectl. */
const withDryRunMode = (argv: readonly string[]): string[] =>
  argv.map((word, i) =>
    word === '--dry-run' && !['none', 'client', 'server'].includes(argv[i + 1] ?? '') ? '--dry-run=client' : word,
  );
/** For changes that start a rollout. */
export const watchFlag = {watch: Flags.boolean({char: 'w', description: 'then watch the rollout to its end'})};
export const yesFlag = {yes: Flags.boolean({char: 'y', description: 'do not ask'})};

type ClusterFlags = Interfaces.InferredFlags<typeof clusterFlags>;

/** The cluster flags as kubectl takes them. */
export const kubectlScope = (flags: Partial<ClusterFlags> & {readonly 'all-namespaces'?: boolean | undefined}): KubectlScope => ({
  namespace: flags.namespace,
  allNamespaces: flags['all-namespaces'],
  context: flags.context,
  kubeconfig: flags.kubeconfig,
  as: flags.as,
  asGroups: flags['as-group'],
});

/** What all commands share: one AbortSignal for Ctrl-C, results on standard output, all else on standard error. */
export abstract class BaseCommand extends Command {
  static override baseFlags = {
    'no-color': Flags.boolean({helpGroup: 'GLOBAL', description: 'no colours; NO_COLOR does the same'}),
    debug: Flags.boolean({helpGroup: 'GLOBAL', description: 'print the stack of an error'}),
  };

  private readonly interruption = new AbortController();
  /** Aborts on Ctrl-C, SIGTERM, or when the terminal goes; a second one ends the process at once. */
  protected readonly signal = this.interruption.signal;

  private get noColour(): boolean {
    return this.argv.includes('--no-color');
  }
  /** Whether its result quotes what is stored in the cluster: then nothing in it is taken for a hint. */
  protected readonly quotes: boolean = false;

  /** Where results go, and where progress, warnings and prompts go. */
  protected get screen(): Screen {
    return screenOf(process.stdout, process.env, this.noColour);
  }
  protected get errorScreen(): Screen {
    return screenOf(process.stderr, process.env, this.noColour);
  }
  protected get interactive(): boolean {
    return isInteractive(process.stdout, process.env);
  }

  override async init(): Promise<void> {
    if (this.ctor.flags['dry-run']?.type === 'option') this.argv = withDryRunMode(this.argv);
    await super.init();
    // oclif takes an argument that was left out from standard input: in a `while read` loop, from the rest of the list.
    for (const arg of Object.values(this.ctor.args)) arg.ignoreStdin = true;
    const interrupt = () => {
      if (this.signal.aborted) process.exit(130);
      this.interruption.abort();
    };
    process.on('SIGINT', interrupt);
    process.on('SIGTERM', interrupt);
    process.on('SIGHUP', interrupt);
  }

  /** What was under way has ended well, and so has been told: all the same it was interrupted. */
  override async finally(error: Error | undefined): Promise<void> {
    if (error === undefined && this.signal.aborted) process.exitCode = ExitCode.interrupted;
    await super.finally(error);
  }

  /** oclif would print the error; `main` does that, once, in our own form. */
  override async catch(error: Error): Promise<void> {
    throw error;
  }

  /** Prints one result: a view's text, or the same report as a document. */
  protected present<R extends Report>(report: R, output: OutputFormat, render: (report: R, screen: Screen) => string): void {
    this.log(output === 'human' ? this.typed(render(report, this.screen)) : serialise(report, output));
  }

  /** What `--show-commands` prints: shell lines that do with kubectl what the command does. */
  protected presentCommands(commands: readonly string[], output: OutputFormat): void {
    this.present({kind: 'Commands', commands}, output, (report) => report.commands.join('\n'));
  }

  /** Standard error: progress, warnings, where a change acts. */
  protected tell(text: string): void {
    process.stderr.write(`${this.typed(text)}\n`);
  }

  /** Text whose hints say what the user types: a result of this command, unless it quotes what somebody stored. */
  protected typed(text: string): string {
    return this.quotes ? text : asTyped(text, wordsOf(this.config, this.argv));
  }
}

/** A command that talks to a cluster. */
export abstract class ClusterCommand extends BaseCommand {
  protected connect(flags: ClusterFlags): Promise<Cluster> {
    return connect({
      kubeconfig: flags.kubeconfig,
      context: flags.context,
      namespace: flags.namespace,
      as: flags.as,
      asGroups: flags['as-group'],
      requestTimeout: flags['request-timeout'],
    });
  }
}
