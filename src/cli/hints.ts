import type {Interfaces} from '@oclif/core';
import {quoted} from '../text/kubectl.ts';

/** What the user types first, what may follow, and which cluster was named. */
export interface Words {
  readonly bin: string;
  readonly topics: readonly string[];
  /** Flags that name a cluster, as words for a shell: `--context prod`. */
  readonly where: readonly string[];
  /** The commands that take them: `rollout status`. */
  readonly clusterCommands: readonly string[];
}

export function wordsOf(
  {bin, commandIDs, commands}: Pick<Interfaces.Config, 'bin' | 'commandIDs' | 'commands'>,
  argv: readonly string[],
): Words {
  const where = whereOf(argv);
  return {
    bin,
    topics: [...new Set(commandIDs.map((id) => id.split(':')[0] ?? id))],
    where,
    clusterCommands:
      where.length === 0 ? [] : commands.filter(({flags}) => 'context' in flags).map(({id}) => id.replaceAll(':', ' ')),
  };
}

/** The context and the kubeconfig that a command line names. */
function whereOf(argv: readonly string[]): string[] {
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  return ['--context', '--kubeconfig'].flatMap((flag) => {
    const at = own.findLastIndex((word) => word === flag || word.startsWith(`${flag}=`));
    const value = own[at] === flag ? own[at + 1] : own[at]?.slice(flag.length + 1);
    return value ? [`${flag} ${quoted(value)}`] : [];
  });
}

/**
 * Text for people, in which the commands are what the user has to type: of kops as kubectl's plugin `kubectl kops rollout status`, and all with
 * the context and the kubeconfig that were named, or they would be about another cluster. Messages are written without knowing: this is
 * the one place that does.
 */
export function asTyped(text: string, {bin, topics, where, clusterCommands}: Words): string {
  const there = where.length === 0 ? text : text.split('\n').map(placed).join('\n');
  if (bin === 'kops') return there;
  return there.replaceAll(new RegExp(`${KOPS}(?=(?:${topics.join('|')})\\b)`, 'g'), `${bin} `);

  function placed(line: string): string {
    if (/--(context|kubeconfig)\b/.test(line)) return line;
    const ours = new RegExp(`${KOPS}(?:${clusterCommands.join('|')})(?![\\w-]| --help)`, 'g');
    return line
      .replaceAll(ours, (command) => [command, ...where].join(' '))
      .replace(/(?<=(?:^|try: |undo +|→ )kubectl) (?=[a-z])/, ` ${where.join(' ')} `);
  }
}

const KOPS = String.raw`(?<![\w/.-])(?<!kubectl )kops `;
