import {Args, Flags} from '@oclif/core';
import {describe} from '../config/read/content.ts';
import {type Decoded, onlyValue, wordOf} from '../config/read/decode.ts';
import {shellAssignments} from '../config/read/env-file.ts';
import {decodeCommand, showCommand} from '../config/read/kubectl.ts';
import {decodeManifest} from '../config/read/manifest.ts';
import {listDecoded, readDecoded} from '../config/read/read.ts';
import {renderDecoded, renderDecodedList} from '../config/read/view.ts';
import {ExitCode, Problem} from '../problem.ts';
import {printable} from '../text/printable.ts';
import {allNamespacesFlag, ClusterCommand, clusterFlags, kubectlScope, selectorFlag, showCommandsFlag} from './command.ts';
import {readManifest} from './manifest.ts';

export const decodedArgs = {
  name: Args.string({description: 'its name; several are chosen with -l, -A or -f'}),
  key: Args.string({description: 'only this key of it'}),
};

export const decodedFlags = {
  ...clusterFlags,
  ...allNamespacesFlag,
  ...selectorFlag,
  filename: Flags.string({char: 'f', description: 'of a manifest, without a cluster; - reads standard input', helpValue: 'FILE'}),
  ...showCommandsFlag,
  output: Flags.option({
    char: 'o',
    description: 'how to print it; env: assignments for a POSIX shell, raw: the bytes of one key',
    options: ['human', 'json', 'yaml', 'env', 'raw'] as const,
    default: 'human' as const,
  })(),
};

interface Given {
  readonly args: {readonly name?: string | undefined; readonly key?: string | undefined};
  readonly flags: Parameters<ClusterCommand['connect']>[0] & {
    readonly 'all-namespaces'?: boolean;
    readonly selector?: string | undefined;
    readonly filename?: string | undefined;
    readonly 'show-commands'?: boolean;
    readonly output: 'human' | 'json' | 'yaml' | 'env' | 'raw';
  };
}

/** `secret decode` and `configmap show`. */
export abstract class DecodedCommand extends ClusterCommand {
  protected override readonly quotes = true;

  protected async print(kind: Decoded['kind'], {args, flags}: Given): Promise<void> {
    const name = args.name?.replace(/^(secrets?|configmaps?|cm)\//, '');
    const wanted = {name, key: args.key, selector: flags.selector, filename: flags.filename};
    failUnlessChosen(kind, wanted, flags['all-namespaces'] ?? false);
    if (flags['show-commands']) {
      const command = kind === 'DecodedSecret' ? decodeCommand : showCommand;
      const format = flags.output === 'json' || flags.output === 'yaml' ? flags.output : 'human';
      return this.presentCommands([command(wanted, kubectlScope(flags))], format);
    }

    const found = await this.read(kind, {args: {...args, name}, flags});
    const [only, ...more] = found;
    const isOne = name !== undefined && only !== undefined && more.length === 0;
    if (flags.output === 'raw' || flags.output === 'env') {
      if (only === undefined || more.length > 0) throw oneAtATime(kind, flags.output, found);
      if (flags.output === 'raw') process.stdout.write(onlyValue(only));
      else this.printAssignments(only);
    } else if (isOne && flags.output === 'human' && args.key !== undefined && !process.stdout.isTTY) {
      process.stdout.write(onlyValue(only));
    } else if (isOne) {
      this.present(await describe(only), flags.output, renderDecoded(args.key !== undefined));
    } else {
      const items = [];
      for (const one of found) items.push(await describe(one));
      this.present({kind: `${kind}List`, items}, flags.output, renderDecodedList);
    }
  }

  private async read(kind: Decoded['kind'], {args: {name, key}, flags}: Given): Promise<Decoded[]> {
    if (flags.filename !== undefined) {
      const {text, file} = await readManifest(flags.filename, this.signal);
      return decodeManifest(text, file, kind, {name, key, namespace: flags.namespace});
    }
    const cluster = await this.connect(flags);
    if (name !== undefined) return [await readDecoded(cluster, kind, {name, key}, this.signal)];
    const namespace = flags['all-namespaces'] ? undefined : cluster.namespace;
    return listDecoded(cluster, kind, {namespace, labelSelector: flags.selector}, this.signal);
  }

  private printAssignments(decoded: Decoded): void {
    const {text, left} = shellAssignments(decoded, {onTerminal: process.stdout.isTTY});
    this.log(text);
    if (left.length > 0)
      this.tell(
        `${this.errorScreen.theme.waiting('⚠')} left out, not possible as a shell variable: ${printable(left.join(', '))}`,
      );
  }
}

/** By name, by labels or namespaces, or from a manifest (and there by name, too). */
export function failUnlessChosen(
  kind: Decoded['kind'],
  {name, selector, filename}: {name?: string | undefined; selector?: string | undefined; filename?: string | undefined},
  everywhere: boolean,
): void {
  const selected = everywhere ? '--all-namespaces' : selector === undefined ? undefined : '--selector';
  const other = filename === undefined ? name : '--filename';
  if (selected !== undefined && other !== undefined) {
    throw new Problem(`${other} cannot be combined with ${selected}`, {
      why: 'it is named, selected, or taken from a manifest',
      next: 'leave one of them out',
      exitCode: ExitCode.usage,
    });
  }
  if (selected !== undefined || other !== undefined) return;
  throw new Problem(`which ${wordOf({kind})}?`, {
    why: 'it needs a name',
    next: 'give one, or choose several with -l LABELS, -A, or -f FILE',
    exitCode: ExitCode.usage,
  });
}

const oneAtATime = (kind: Decoded['kind'], output: string, found: readonly Decoded[]): Problem =>
  new Problem(`-o ${output} prints one ${wordOf({kind})}, and there are ${found.length}`, {
    why: 'what is printed does not say which of them it is of',
    next: 'name one, or print them with -o json',
    exitCode: ExitCode.usage,
  });
