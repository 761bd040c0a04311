import {type KubectlScope, kubectl, quoted} from '../../text/kubectl.ts';
import type {IfExists} from './create.ts';
import type {Draft} from './object.ts';
import type {Source} from './sources.ts';

export interface CreateCommandOptions {
  readonly ifExists: IfExists;
  readonly dryRun: 'none' | 'client' | 'server';
  /** A word list of kubectl's own for this kind of Secret, in the place of `generic` and its sources; ready for a shell. */
  readonly special?: readonly string[] | undefined;
}

/**
 * The kubectl lines that make the same object. No value of a Secret is in them: it is read from the terminal. They need a shell that knows
 * `<(…)`, as bash and zsh do.
 */
export function createCommands(
  draft: Draft,
  sources: readonly Source[],
  {ifExists, dryRun, special}: CreateCommandOptions,
  scope: KubectlScope,
): string[] {
  const {kind, name, type} = draft;
  const generic =
    kind === 'ConfigMap' ? ['configmap', quoted(name)] : ['secret', 'generic', quoted(name), ...(type ? [`--type=${type}`] : [])];
  const words = special ?? [...generic, ...sources.map((source) => sourceWord(source, kind))];
  const hash = draft.appendHash ? ['--append-hash'] : [];
  const changes = localChanges(draft);
  const run = dryRun === 'none' ? [] : [`--dry-run=${dryRun}`];
  const place = kubectl([], scope).slice('kubectl'.length);
  const create = ['kubectl create', ...words, ...hash].join(' ');
  const resource = `${kind.toLowerCase()}/${name}`;
  const exists = `${kubectl(['get', resource], scope)} >/dev/null 2>&1`;
  const isNamed = !draft.appendHash;
  const replaces = ifExists === 'replace' && isNamed;
  const sent =
    changes.length === 0 && !replaces
      ? `${create}${run.map((word) => ` ${word}`).join('')}${place}`
      : [
          `${create} --dry-run=client -o yaml`,
          ...changes,
          `kubectl ${replaces ? '"$verb"' : 'create'} -f -${run.map((word) => ` ${word}`).join('')}${place}`,
        ].join(' | ');
  if (replaces) return [`${exists} && verb=replace || verb=create`, sent];
  return [ifExists === 'skip' && isNamed ? `${exists} || ${sent}` : sent];
}

/** What kubectl's create has no flags for. */
function localChanges({labels = {}, annotations = {}, immutable}: Draft): string[] {
  const pairs = (map: Readonly<Record<string, string>>) =>
    Object.entries(map)
      .map(([key, value]) => quoted(`${key}=${value}`))
      .join(' ');
  return [
    ...(Object.keys(labels).length > 0 ? [`kubectl label --local -f - ${pairs(labels)} -o yaml`] : []),
    ...(Object.keys(annotations).length > 0 ? [`kubectl annotate --local -f - ${pairs(annotations)} -o yaml`] : []),
    ...(immutable ? [`kubectl patch --local -f - --type=merge -p '{"immutable":true}' -o yaml`] : []),
  ];
}

function sourceWord(source: Source, kind: Draft['kind']): string {
  switch (source.via) {
    case 'env-file':
      return quoted(`--from-env-file=${listItem(source.path)}`);
    case 'file':
      return quoted(`--from-file=${listItem(source.key === undefined ? source.path : `${source.key}=${source.path}`)}`);
    case 'stdin':
      return quoted(`--from-file=${source.key}=/dev/stdin`);
    case 'random':
      return `--from-file=${quoted(source.key)}=<(head -c ${source.bytes} /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\\n')`;
    case 'prompt':
      return typedWord(source.key);
    case 'literal':
      return kind === 'ConfigMap' ? quoted(`--from-literal=${source.key}=${source.value}`) : typedWord(source.key);
  }
}

const typedWord = (key: string): string => `--from-file=${quoted(key)}=<(${typedValue(key)})`;

/** Shell commands that write what is typed, unseen. */
export const typedValue = (what: string): string => `IFS= read -rsp ${quoted(`${what}: `)} value </dev/tty; printf %s "$value"`;

/** As CSV quotes it. */
const listItem = (item: string): string => (/[",\n]/.test(item) ? `"${item.replaceAll('"', '""')}"` : item);
