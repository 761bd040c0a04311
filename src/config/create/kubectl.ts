import {type KubectlScope, kubectl, quoted} from '../../text/kubectl.ts';
import type {IfExists} from './create.ts';
import type {Draft} from './object.ts';
import {SecretType} from './secret-types.ts';
import type {Source} from './sources.ts';
import {afterAsking, typedValue} from './typed.ts';

export interface CreateCommandOptions {
  readonly ifExists: IfExists;
  readonly dryRun: 'none' | 'client' | 'server';
  /** kubectl's own words for this kind of Secret, in the place of `generic` and its sources. */
  readonly special?: SpecialWords | undefined;
}

export interface SpecialWords {
  /** Ready for a shell; `typedValue` is where what was asked for stands. */
  readonly words: readonly string[];
  /** What is asked for on the terminal before. */
  readonly asked?: readonly string[];
}

/**
 * The kubectl lines that make the same object. No value of a Secret is in them: it is read from the terminal. They need a shell that knows
 * `<(…)`, as bash and zsh do, and for a replacement jq.
 */
export function createCommands(
  draft: Draft,
  sources: readonly Source[],
  {ifExists, dryRun, special}: CreateCommandOptions,
  scope: KubectlScope,
): string[] {
  const {kind, name} = draft;
  const {words, asked = []} = special ?? genericWords(draft, sources);
  const isNamed = !draft.appendHash;
  const replaces = ifExists === 'replace' && isNamed;
  const format = replaces ? 'json' : 'yaml';
  const run = dryRun === 'none' ? [] : [`--dry-run=${dryRun}`];
  const place = kubectl([], scope).slice('kubectl'.length);
  const create = ['kubectl create', ...words, ...(draft.appendHash ? ['--append-hash'] : [])].join(' ');
  const resource = `${kind.toLowerCase()}/${name}`;
  const exists = `${kubectl(['get', resource], scope)} >/dev/null 2>&1`;
  const changes = [
    ...localChanges(draft, format),
    ...(replaces ? [`jq -s --arg verb "$verb" ${quoted(replacedBy(draft))} - <(${existing(resource, scope)})`] : []),
  ];
  const sent =
    changes.length === 0
      ? `${create}${run.map((word) => ` ${word}`).join('')}${place}`
      : [
          `${create} --dry-run=client -o ${format}`,
          ...changes,
          `kubectl ${replaces ? '"$verb"' : 'create'} -f -${run.map((word) => ` ${word}`).join('')}${place}`,
        ].join(' | ');
  const line = afterAsking(asked, sent);
  if (replaces) return [`${exists} && verb=replace || verb=create`, line];
  return [ifExists === 'skip' && isNamed ? `${exists} || ${line}` : line];
}

function genericWords({kind, name, type}: Draft, sources: readonly Source[]): SpecialWords {
  const asked: string[] = [];
  const ask = (key: string) => `--from-file=${quoted(key)}=<(printf %s ${typedValue(asked.push(key) - 1)})`;
  const resource =
    kind === 'ConfigMap'
      ? ['configmap', quoted(name)]
      : ['secret', 'generic', quoted(name), ...(type ? [quoted(`--type=${type}`)] : [])];
  return {words: [...resource, ...sources.map((source) => sourceWord(source, kind, ask))], asked};
}

const existing = (resource: string, scope: KubectlScope): string =>
  kubectl(['get', resource, '--ignore-not-found', '-o', 'json'], scope);

/**
 * jq's words for what is there with other values: `kubectl replace` of the new object alone would take the labels, annotations and owners of
 * the old one away. Its resourceVersion is kept, so nothing that others write meanwhile is lost; its type cannot change, and the API server says so.
 */
function replacedBy({kind, type, labels = {}, annotations = {}, immutable}: Draft): string {
  const fields = [
    `.data ${type === SecretType.serviceAccountToken ? '+=' : '='} $new.data`,
    kind === 'Secret' ? '.type = $new.type' : '.binaryData = $new.binaryData',
    ...(immutable ? ['.immutable = true'] : []),
    ...(Object.keys(labels).length > 0 ? ['.metadata.labels += $new.metadata.labels'] : []),
    ...(Object.keys(annotations).length > 0 ? ['.metadata.annotations += $new.metadata.annotations'] : []),
  ];
  return `.[0] as $new | if $verb == "replace" then .[1] | ${fields.join(' | ')} else $new end`;
}

/** What kubectl's create has no flags for. */
function localChanges({labels = {}, annotations = {}, immutable}: Draft, format: 'json' | 'yaml'): string[] {
  const pairs = (map: Readonly<Record<string, string>>) =>
    Object.entries(map)
      .map(([key, value]) => quoted(`${key}=${value}`))
      .join(' ');
  return [
    ...(Object.keys(labels).length > 0 ? [`kubectl label --local -f - ${pairs(labels)} -o ${format}`] : []),
    ...(Object.keys(annotations).length > 0 ? [`kubectl annotate --local -f - ${pairs(annotations)} -o ${format}`] : []),
    ...(immutable ? [`kubectl patch --local -f - --type=merge -p '{"immutable":true}' -o ${format}`] : []),
  ];
}

/** `ask`: the word for a value that is not to be printed. */
function sourceWord(source: Source, kind: Draft['kind'], ask: (key: string) => string): string {
  switch (source.via) {
    case 'env-file':
      return quoted(`--from-env-file=${listItem(source.path)}`);
    case 'file':
      return quoted(`--from-file=${listItem(source.key === undefined ? source.path : `${source.key}=${source.path}`)}`);
    case 'stdin':
      return quoted(`--from-file=${source.key}=/dev/stdin`);
    case 'random':
      return `--from-file=${quoted(source.key)}=<(${randomValue(source.bytes)})`;
    case 'prompt':
      return ask(source.key);
    case 'literal':
      return kind === 'ConfigMap' || source.value === ''
        ? quoted(`--from-literal=${source.key}=${source.value}`)
        : ask(source.key);
  }
}

/** Shell commands that write what `--random` makes. */
export const randomValue = (bytes: number): string => `head -c ${bytes} /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\\n'`;

/** As CSV quotes it. */
const listItem = (item: string): string => (/[",\n]/.test(item) ? `"${item.replaceAll('"', '""')}"` : item);
