import {type Document, isMap, isSeq, parse, parseDocument, type YAMLMap, YAMLSeq} from 'yaml';
import {ExitCode, Problem} from '../../problem.ts';

interface Config {
  readonly clusters?: readonly {name: string; cluster: {'certificate-authority-data'?: string}}[];
  readonly contexts?: readonly {name: string; context: {cluster: string; user: string}}[];
  readonly users?: readonly {name: string}[];
  readonly 'current-context'?: string;
}

const LISTS = ['clusters', 'contexts', 'users'] as const;

/**
 * A kubeconfig file's text with the entries of `added` in it, replacing those of the same name, and its current context. Everything else
 * stays, comments too. Throws a Problem where the text is no kubeconfig.
 */
export function mergeKubeconfig(text: string, added: string, file: string): string {
  const document = open(text, file);
  const additions = parse(added) as Config;
  if (!document.has('apiVersion')) document.set('apiVersion', 'v1');
  if (!document.has('kind')) document.set('kind', 'Config');
  for (const list of LISTS) {
    const entries = sequence(document, list);
    for (const entry of additions[list] ?? []) {
      const at = entries.items.findIndex((item) => nameOf(item) === entry.name);
      const node = document.createNode(entry) as YAMLMap;
      if (at < 0) entries.add(node);
      else entries.items[at] = node;
    }
  }
  document.set('current-context', additions['current-context']);
  return print(document);
}

/**
 * The text without what a lab's own kubeconfig (`removed`) put there. An entry of the same name that is another cluster's stays: a cluster
 * is known by its certificate authority.
 */
export function withoutKubeconfig(text: string, removed: string, file: string): string {
  const document = open(text, file);
  const {clusters = []} = (parse(removed) ?? {}) as Config;
  const authorities = new Set(clusters.map(({cluster}) => cluster['certificate-authority-data']));
  const present = (document.toJS() ?? {}) as Config;
  const gone = new Set(
    present.clusters?.filter(({cluster}) => authorities.has(cluster?.['certificate-authority-data'])).map(({name}) => name),
  );
  if (gone.size === 0) return text;
  const contexts = present.contexts?.filter(({context}) => gone.has(context?.cluster)) ?? [];
  const kept = present.contexts?.filter(({context}) => !gone.has(context?.cluster)) ?? [];
  const users = new Set(contexts.map(({context}) => context.user).filter((user) => !kept.some((c) => c.context?.user === user)));
  drop(document, 'clusters', gone);
  drop(document, 'contexts', new Set(contexts.map(({name}) => name)));
  drop(document, 'users', users);
  if (contexts.some(({name}) => name === present['current-context'])) document.set('current-context', '');
  return print(document);
}

/** Undefined where none is set. */
export const currentContext = (text: string, file: string): string | undefined =>
  ((open(text, file).toJS() ?? {}) as Config)['current-context'] || undefined;

function open(text: string, file: string): Document {
  const document = parseDocument(text);
  const empty = document.contents === null;
  if (document.errors.length === 0 && (empty || isMap(document.contents))) {
    if (empty) document.contents = document.createNode({}) as unknown as typeof document.contents;
    return document as unknown as Document;
  }
  throw new Problem(`${file} is not a kubeconfig`, {
    why: document.errors[0]?.message.split('\n', 1)[0] ?? 'it is no YAML mapping',
    next: 'mend it, or leave it alone: --no-kubeconfig-update',
    exitCode: ExitCode.usage,
  });
}

function sequence(document: Document, key: string): YAMLSeq {
  const found = document.get(key);
  if (isSeq(found)) {
    found.flow = false;
    return found;
  }
  const created = new YAMLSeq();
  document.set(key, created);
  return created;
}

function drop(document: Document, key: string, names: ReadonlySet<string>): void {
  const entries = sequence(document, key);
  entries.items = entries.items.filter((item) => !names.has(nameOf(item) ?? ''));
  entries.flow = entries.items.length === 0;
}

const nameOf = (item: unknown): string | undefined => (isMap(item) ? String(item.get('name')) : undefined);

const print = (document: Document): string => document.toString({lineWidth: 0});
