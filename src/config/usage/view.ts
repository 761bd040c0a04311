import {age} from '../../text/duration.ts';
import {pad} from '../../text/fit.ts';
import {counted, countedObjects} from '../../text/plural.ts';
import {printable} from '../../text/printable.ts';
import type {Screen} from '../../text/screen.ts';
import {textWidth} from '../../text/width.ts';
import type {MissingConfig} from './missing.ts';
import {type ConfigUsage, type ConfigUsageList, isUsed, type UnusedConfig} from './usage.ts';
import type {Owner, User} from './user.ts';

export function renderUsage(usage: ConfigUsage, screen: Screen): string {
  return [...object(usage, usage.complete, screen), ...legend(usage.users, screen), ...noteLines(usage.notes, screen)].join('\n');
}

/** Those that somebody uses, one below the other, and how many nobody does. */
export function renderUsages({items, resource, complete, notes}: ConfigUsageList, screen: Screen): string {
  const used = items.filter(({users}) => users.length > 0);
  const rest = items.length - used.length;
  const command = `kops ${resource === 'secrets' ? 'secret' : 'configmap'} usage --unused`;
  return [
    ...used.flatMap((usage) => [...object(usage, complete, screen), '']),
    ...legend(
      used.flatMap(({users}) => users),
      screen,
    ),
    rest === 0
      ? countedObjects(used.length, resource)
      : complete
        ? `${countedObjects(used.length, resource)} that somebody refers to, and ${rest} that nobody does: ${command}`
        : `${countedObjects(used.length, resource)} that somebody refers to, and ${rest} of which no user was seen`,
    ...noteLines(notes, screen),
  ].join('\n');
}

function object(
  {object: {kind, namespace, name}, exists, users}: Pick<ConfigUsage, 'object' | 'exists' | 'users'>,
  complete: boolean,
  {theme}: Screen,
): string[] {
  const present = users.filter(({revision}) => revision === null);
  const none = complete ? theme.dim('nobody uses it') : theme.waiting('⚠ no user seen, as far as could be read');
  const words = [
    theme.strong(printable(`${kind.toLowerCase()}/${name}`)),
    printable(namespace),
    isUsed(users) ? counted(present.length, 'use') : none,
    ...(exists === false
      ? [present.every(({optional}) => optional) ? theme.dim('does not exist') : theme.wrong('✗ does not exist')]
      : []),
  ];
  return [words.join('  '), ...userLines(users).map((line, i) => (users[i]?.revision === null ? line : theme.dim(line)))];
}

/** A line each, in columns. */
function userLines(users: readonly User[]): string[] {
  const rows = users.map((user) => [
    `${nameOf(user.workload)}${user.revision === null ? '' : ` revision ${user.revision}`}`,
    user.container ?? '-',
    wayOf(user),
    user.key ?? 'all keys',
    user.optional ? `${user.updates}, optional` : user.updates,
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => textWidth(printable(row[column] ?? '')))));
  return rows.map((row) => `  ${row.map((cell, column) => pad(printable(cell), widths[column] ?? 0)).join('  ')}`.trimEnd());
}

const nameOf = ({kind, name}: Owner): string => `${kind.toLowerCase()}/${name}`;

function wayOf({via, at}: User): string {
  const where = at === null ? '' : ` ${at}`;
  const words: Readonly<Record<User['via'], string>> = {
    env: `env${where}`,
    envFrom: at === null ? 'envFrom' : `envFrom ${at}*`,
    volume: at === null ? 'volume, not mounted' : `volume${where}`,
    projected: at === null ? 'projected volume, not mounted' : `projected volume${where}`,
    driver: `volume driver${where}`,
    imagePullSecrets: 'imagePullSecrets',
    serviceAccount: 'secrets',
    tls: `tls${where}`,
  };
  return words[via];
}

const LEGEND: Readonly<Record<User['updates'], string>> = {
  live: 'live: a change is there in about a minute',
  restart: 'restart: from the next start of a pod',
  never: 'never: mounted by subPath, the same until the pod is replaced',
};

function legend(users: readonly User[], {theme}: Screen): string[] {
  const seen = (['live', 'restart', 'never'] as const).filter((updates) => users.some((user) => user.updates === updates));
  return seen.map((updates) => theme.dim(LEGEND[updates]));
}

/** Names with their ages; then what is spared, and why. */
export function renderUnused(report: UnusedConfig, screen: Screen): string {
  const {unused, unseen, spared, notes} = report;
  const {theme, now} = screen;
  const width = Math.max(0, ...[...unused, ...unseen, ...spared].map((one) => textWidth(placeOf(one))));
  return [
    unusedTitle(report, screen),
    ...[...unused, ...unseen].map((one) => `  ${pad(placeOf(one), width)}  ${age(one.createdAt ?? undefined, now)}`),
    ...(spared.length === 0
      ? []
      : ['', theme.dim(`nor ${unseen.length > 0 ? 'of' : 'to'} ${spared.length} more, which are of use all the same`)]),
    ...spared.map((one) => theme.dim(`  ${pad(placeOf(one), width)}  ${printable(one.reason)}`)),
    theme.dim('Programs that read them through the API, and custom resources, are not seen.'),
    ...noteLines(notes, screen),
  ].join('\n');
}

function unusedTitle({resource, unused, unseen}: UnusedConfig, {theme}: Screen): string {
  if (unseen.length > 0)
    return `${theme.waiting('⚠')} no user was seen of ${countedObjects(unseen.length, resource)}, but not everybody could be looked at: any may be in use`;
  return unused.length === 0
    ? `${theme.good('✓')} none is unused`
    : `nobody refers to ${countedObjects(unused.length, resource)}`;
}

/** What is missing, what comes of it, and for whom. */
export function renderMissing({resource, missing, checked, complete, notes}: MissingConfig, screen: Screen): string {
  const {theme} = screen;
  const none = complete
    ? `${theme.good('✓')} every reference to ${resource} leads somewhere`
    : `${theme.waiting('⚠')} every reference to ${resource} that could be read leads somewhere`;
  return [
    ...(checked && missing.length === 0 ? [none] : []),
    ...missing.flatMap(({object: {kind, namespace, name}, key, users, consequence}) => {
      const mark = consequence === 'pods do not start' ? theme.wrong('✗') : theme.waiting('⚠');
      const what = `${kind.toLowerCase()}/${printable(name)}  ${printable(namespace)}`;
      return [
        `${mark} ${what}  ${key === null ? 'does not exist' : `has no key ${printable(key)}`}: ${consequence}`,
        ...userLines(users).map((line) => `  ${line}`),
      ];
    }),
    ...noteLines(notes, screen),
  ].join('\n');
}

const placeOf = ({namespace, name}: Owner): string => printable(`${namespace}/${name}`);

const noteLines = (notes: readonly string[], {theme}: Screen): string[] =>
  notes.map((note) => `${theme.waiting('⚠')} ${printable(note)}`);
