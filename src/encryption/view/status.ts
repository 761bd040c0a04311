import {age} from '../../text/duration.ts';
import {enumerate} from '../../text/enumerate.ts';
import {pad, wrap} from '../../text/fit.ts';
import {counted, countedObjects} from '../../text/plural.ts';
import type {Screen} from '../../text/screen.ts';
import {textWidth} from '../../text/width.ts';
import type {OpenTransaction} from '../open-transaction.ts';
import type {ServerStatus} from '../server-status.ts';
import type {EncryptionStatus, SecretInMemory, StoredObjects} from '../status.ts';
import {keyWords, prefixWords, WAYS, warning} from './words.ts';

export function renderStatus(report: EncryptionStatus, screen: Screen): string {
  const {servers, objects, objectsProblem, transaction, secret, next} = report;
  const lines = [
    headline(report, screen),
    ...servers.flatMap((server) => serverLines(server, servers, screen)),
    ...(transaction ? transactionLines(transaction, screen) : []),
    '',
    ...(objectsProblem === null ? objectLines(objects, screen) : warning(`etcd was not looked into: ${objectsProblem}`, screen)),
    ...(secret ? ['', ...secretLines(secret, screen)] : []),
    ...(next === null ? [] : [`  try: ${next}`]),
  ];
  return lines.join('\n');
}

function headline(report: EncryptionStatus, {theme, width}: Screen): string {
  const [mark, words] = verdict(report, theme);
  const {context} = report;
  const isShort = textWidth(words) + context.length + 4 <= width;
  const lines = isShort ? [words] : wrap(words, width - 2);
  return `${mark} ${lines.map((line) => theme.strong(line)).join('\n  ')}${isShort ? '' : '\n'}${theme.dim(`  ${context}`)}`;
}

function verdict(
  {configured, agrees, servers, transaction, objects, objectsProblem}: EncryptionStatus,
  theme: Screen['theme'],
): [mark: string, words: string] {
  const count = counted(servers.length, 'API server');
  const isOne = servers.length === 1;
  if (transaction !== null)
    return [theme.waiting('…'), `a change of the encryption is ${transaction.runningBy ? 'running now' : 'not finished'}`];
  const odd = servers.filter((server) => server.agrees === false).length;
  if (!agrees) return [theme.wrong('✗'), isOne ? 'the API server does not do what its file says' : `${odd} of ${count} disagree`];
  const judged = servers.filter((server) => server.agrees !== null).length;
  if (judged < servers.length)
    return [theme.waiting('?'), isOne ? 'the API server could not be asked' : `${judged} of ${count} could be asked`];
  if (!configured) return [theme.waiting('○'), 'encryption at rest is not configured'];
  if (servers.every(({provider}) => provider === 'identity'))
    return [theme.waiting('⚠'), 'new Secrets are written as plaintext: the configuration says so'];
  if (servers.some(({provider}) => provider === 'identity'))
    return [theme.waiting('⚠'), 'some API servers write new Secrets as plaintext: their configuration says so'];
  const all = isOne ? 'the API server does what its file says' : `all ${count} do what their files say`;
  const plain = objects.filter(({leftPlain}) => leftPlain > 0).map((found) => countedObjects(found.leftPlain, found.resource));
  if (plain.length > 0) return [theme.waiting('⚠'), `${enumerate(plain)} still plaintext in etcd; new ones are encrypted`];
  // What nobody looked at may be anything.
  return [theme.good('✓'), `${objectsProblem === null ? '' : 'new '}Secrets are encrypted at rest; ${all}`];
}

function serverLines(server: ServerStatus, all: readonly ServerStatus[], {theme, width: columns}: Screen): string[] {
  const {node, access, configured, flag, provider, keyName, configHash, runningHash, agrees, problem} = server;
  const width = Math.max(...all.map((other) => other.node.length));
  const mark = agrees === true ? theme.good('●') : agrees === false ? theme.wrong('●') : theme.waiting('○');
  const name = pad(node, width);
  const tone = agrees === false ? theme.wrong : theme.waiting;
  const trouble = problem === null ? [] : wrap(problem, columns - 4).map((line) => `    ${tone(line)}`);
  if (access === null) return [`  ${mark} ${name}  not reached`, ...trouble];
  const key = provider === null ? 'unknown' : provider === 'identity' ? 'plaintext' : keyWords(provider, keyName);
  const differs = runningHash !== null && runningHash !== configHash;
  const hashes = configHash === null ? '' : `${short(configHash)}${differs ? ` ≠ ${short(runningHash)}` : ''}`;
  const file = flag ?? (configured === null ? '' : 'no --encryption-provider-config');
  const how = [file, hashes, WAYS[access]].filter(Boolean).join('  ');
  const own = `  ${mark} ${name}  ${key}`;
  const isShort = textWidth(own) + 2 + how.length <= columns;
  return [...(isShort ? [`${own}  ${theme.dim(how)}`] : [own, `    ${theme.dim(how)}`]), ...trouble];
}

/** As much as tells two files apart. */
const short = (hash: string): string => hash.replace('sha256:', '').slice(0, 8);

function transactionLines(
  {id, operation, startedAt, startedBy, lastStep, lastState, runningBy}: OpenTransaction,
  {theme, now}: Screen,
): string[] {
  const last = lastStep === null ? [] : [`    last step: ${lastStep}, ${lastState}`];
  if (runningBy) {
    const {user, host, pid, since} = runningBy;
    return [
      `  ${theme.waiting('…')} ${operation} ${id} is running now`,
      `    by ${user}@${host}, process ${pid}, for ${age(since, now)}`,
      ...last,
    ];
  }
  const since = startedAt === null ? '' : `, begun ${age(startedAt, now)} ago${startedBy === null ? '' : ` by ${startedBy}`}`;
  return [`  ${theme.waiting('…')} ${operation} ${id} is open${since}`, ...last];
}

function objectLines(objects: readonly StoredObjects[], {theme}: Screen): string[] {
  const rows = objects.flatMap(({resource, total, byKey}) => {
    const prefixes = Object.entries(byKey).sort(([, a], [, b]) => b - a);
    if (total === 0) return [[resource, '0', theme.dim('none in etcd')] as const];
    return prefixes.map(([prefix, count], index) => {
      const tone = prefix === 'identity' ? theme.waiting : theme.good;
      return [index === 0 ? resource : '', String(count), tone(prefixWords(prefix))] as const;
    });
  });
  const name = Math.max(...rows.map(([resource]) => resource.length), 0);
  const digits = Math.max(...rows.map(([, count]) => count.length), 0);
  return rows.map(([resource, count, words]) => `  ${pad(resource, name)}  ${count.padStart(digits)}  ${words}`);
}

function secretLines({namespace, name, nodes}: SecretInMemory, {theme}: Screen): string[] {
  const title = `${theme.strong(`secret/${name}`)}  ${namespace}  in memory of every API server, and of ${nodes.length === 0 ? 'no kubelet' : `the kubelet on ${counted(nodes.length, 'node')}`}`;
  const rows = nodes.flatMap(({node, pods}) =>
    pods.map(
      (pod, index) =>
        `  ${index === 0 ? theme.strong(node) : theme.dim(node)}  pod/${pod.name}  ${theme.dim(pod.via.join(', '))}`,
    ),
  );
  return [title, ...rows];
}
