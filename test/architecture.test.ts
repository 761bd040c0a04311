import {expect, test} from 'vitest';
import {type Import, importsOf, readSources} from './support/imports.ts';

const sources = readSources(['src', 'commands']);
const imports = sources.flatMap((source) => source.imports);

const features = ['rollout', 'pods', 'config', 'scaling', 'encryption', 'lab'];
const adapters = ['kube', 'nodes', 'etcd'];
/** Anyone may use them; they use nothing but each other. */
const leaves = ['text', 'problem.ts', 'progress.ts', 'root.ts'];

/** Which rooms a room may import from, besides itself. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  commands: ['cli', ...features, ...adapters, ...leaves],
  cli: [...features, ...adapters, ...leaves],
  ...Object.fromEntries(features.map((feature) => [feature, [...adapters, ...leaves]])),
  rollout: ['pods', ...adapters, ...leaves],
  config: ['rollout', ...adapters, ...leaves],
  scaling: ['rollout', ...adapters, ...leaves],
  ...Object.fromEntries(adapters.map((adapter) => [adapter, leaves])),
  ...Object.fromEntries(leaves.map((leaf) => [leaf, leaves])),
};

/** `src/rollout/view/diff.ts` is in the room `rollout`. */
const roomOf = (path: string): string => (path.startsWith('src/') ? (path.split('/')[1] ?? '') : (path.split('/')[0] ?? ''));
const isOurs = (path: string): boolean => path.startsWith('src/') || path.startsWith('commands/');
const sourcesIn = (rooms: readonly string[]) => sources.filter(({path}) => rooms.includes(roomOf(path)));

test('there are sources to look at', () => {
  expect(sources.length).toBeGreaterThan(50);
  expect(imports.length).toBeGreaterThan(100);
});

test('imports are found in every form', () => {
  const text = `import a from './a.ts';
import type {B} from '../b.ts';
import {
  c,
} from 'c';
export * from './d.ts';
import 'e';
const f = await import('./f.ts');`;
  expect(importsOf('src/x/y.ts', text)).toEqual([
    {from: 'src/x/y.ts', to: 'src/x/a.ts', typeOnly: false},
    {from: 'src/x/y.ts', to: 'src/b.ts', typeOnly: true},
    {from: 'src/x/y.ts', to: 'c', typeOnly: false},
    {from: 'src/x/y.ts', to: 'src/x/d.ts', typeOnly: false},
    {from: 'src/x/y.ts', to: 'e', typeOnly: false},
    {from: 'src/x/y.ts', to: 'src/x/f.ts', typeOnly: false},
  ]);
});

test('every room is one of those that the rules know', () => {
  expect(sources.filter(({path}) => !(roomOf(path) in arrows)).map(({path}) => path)).toEqual([]);
});

test('dependencies point one way: commands, cli, features, adapters', () => {
  expect(breachesOf(imports)).toEqual([]);
});

test.each([
  ['an adapter that knows a feature', 'src/kube/list.ts', 'src/rollout/assess.ts'],
  ['a feature that knows the command line', 'src/rollout/view.ts', 'src/cli/output.ts'],
  ['an arrow between features that is not meant to be', 'src/pods/explain.ts', 'src/rollout/status.ts'],
  ['a leaf that knows more than leaves', 'src/text/fit.ts', 'src/kube/json.ts'],
])('%s is a breach', (_case, from, to) => {
  expect(breachesOf([{from, to, typeOnly: true}])).toEqual([`${from} → ${to}`]);
});

function breachesOf(all: readonly Import[]): string[] {
  return all
    .filter(({from, to}) => isOurs(to) && roomOf(from) !== roomOf(to) && !arrows[roomOf(from)]?.includes(roomOf(to)))
    .map(({from, to}) => `${from} → ${to}`);
}

test("only src/kube uses client-node's values; all others know its types at most", () => {
  const breaches = imports.filter(
    ({from, to, typeOnly}) => to.startsWith('@kubernetes/client-node') && !typeOnly && roomOf(from) !== 'kube',
  );
  expect(breaches).toEqual([]);
});

test('only commands and cli know that there is a command line', () => {
  const outside = ['@oclif/core', '@inquirer/confirm', '@inquirer/password', 'listr2', 'log-update', 'ora'];
  const breaches = imports.filter(({from, to}) => outside.includes(to) && !['commands', 'cli'].includes(roomOf(from)));
  expect(breaches).toEqual([]);
});

test('what judges and draws a rollout, a pod or a configuration reads no file, process, network or environment', () => {
  const outside = /^(node:(fs|child_process|net|tls|http|https|os|process)|undici)\b/;
  const pure = sourcesIn(['rollout', 'pods', 'config', 'scaling', 'text']).filter(({path}) => !isOperation(path));
  expect(pure.flatMap(({imports}) => imports.filter(({to}) => outside.test(to)))).toEqual([]);
  expect(pure.filter(({text}) => /\bprocess\.|\bconsole\./.test(text)).map(({path}) => path)).toEqual([]);
});

test('time and chance come in as arguments; only operations look at a clock', () => {
  const pure = sourcesIn(['rollout', 'pods', 'config', 'scaling', 'text']).filter(({path}) => !isOperation(path));
  const breaches = pure.filter(({text}) => /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(/.test(text));
  expect(breaches.map(({path}) => path)).toEqual([]);
});

/** A use case: it takes a Cluster, or sets the pace of one that does. */
function isOperation(path: string): boolean {
  return path === 'src/rollout/watch-pace.ts' || imports.some(({from, to}) => from === path && to === 'src/kube/cluster.ts');
}
