import {enumerate} from '../../text/enumerate.ts';
import {pad} from '../../text/fit.ts';
import {counted} from '../../text/plural.ts';
import type {Screen} from '../../text/screen.ts';
import {type EncryptionVerification, fallsOpen, type VerifiedResource} from '../verify.ts';
import {renderResidue} from './residue.ts';
import {prefixWords, warning} from './words.ts';

/** Keys that are listed one by one; `-o json` has them all. */
const LISTED = 10;

/** The verdict, the counts by resource and key, and what is not as it should be. */
export function renderVerification(report: EncryptionVerification, screen: Screen): string {
  const {theme} = screen;
  const {ok, resources, notes, next, residue, context, etcd, revision, keyless} = report;
  const mark = !ok ? theme.wrong('✗') : keyless.length > 0 ? theme.waiting('⚠') : theme.good('✓');
  const lines = [
    `${mark} ${theme.strong(verdict(report))}`,
    theme.dim(`  ${context}, ${etcd}, revision ${revision}`),
    ...countLines(resources, screen),
    ...offenderLines(report, screen),
    ...notes.flatMap((note) => warning(note, screen)),
    ...(next === null ? [] : [`  ${next.startsWith('kops ') ? `try: ${next}` : next}`]),
  ];
  return [...lines, ...(residue ? ['', renderResidue(residue, screen)] : [])].join('\n');
}

function verdict({
  ok,
  configured,
  scanned,
  encrypted,
  plaintext,
  undecryptable,
  unchecked,
  keyless,
  resources,
}: EncryptionVerification): string {
  const all = scanned === 1 ? 'the only value is' : `all ${scanned} values are`;
  const some = (count: number) => `${count} of ${counted(scanned, 'value')} ${count === 1 ? 'is' : 'are'}`;
  if (scanned === 0) return configured ? 'nothing of that is in etcd' : 'encryption at rest is not configured';
  if (!configured && encrypted === 0) return `encryption at rest is not configured: ${all} plaintext in etcd`;
  if (plaintext > 0 && undecryptable > 0) return `${some(plaintext)} plaintext in etcd, and ${undecryptable} cannot be decrypted`;
  if (plaintext > 0) return plaintext === scanned ? `${all} plaintext in etcd` : `${some(plaintext)} plaintext in etcd`;
  if (undecryptable > 0) return `${undecryptable} of ${counted(scanned, 'value')} cannot be decrypted`;
  const falling = resources.filter(fallsOpen).map(({resource}) => resource);
  if (falling.length > 0) return `${all} encrypted in etcd, but ${enumerate(falling)} are written as plaintext now`;
  if (keyless.length > 0)
    return `${all} encrypted in etcd, but ${ok ? enumerate(keyless) : 'no node'} has ${ok ? 'no' : 'a'} configuration to open ${scanned === 1 ? 'it' : 'them'}`;
  return `${all} encrypted in etcd${unchecked === 0 ? ', and the nodes have the keys for it' : ''}`;
}

function countLines(resources: readonly VerifiedResource[], {theme}: Screen): string[] {
  const rows = resources.flatMap(({resource, byKey, writes}) =>
    Object.entries(byKey)
      .sort(([, a], [, b]) => b - a)
      .map(([prefix, count], index) => ({
        resource: index === 0 ? resource : '',
        count: String(count),
        words: prefixWords(prefix),
        tone: prefix === 'identity' || prefix === 'unknown' ? theme.wrong : writes.includes(prefix) ? theme.good : theme.waiting,
      })),
  );
  const width = Math.max(0, ...rows.map(({resource}) => resource.length));
  const digits = Math.max(0, ...rows.map(({count}) => count.length));
  return rows.map(({resource, count, words, tone}) => `  ${pad(resource, width)}  ${count.padStart(digits)}  ${tone(words)}`);
}

function offenderLines({configured, encrypted, offenders, failures}: EncryptionVerification, {theme}: Screen): string[] {
  if (!configured && encrypted === 0) return []; // it is all of them
  const why = new Map(failures.map((failure) => [failure.key, failure.why]));
  const listed = offenders.slice(0, LISTED).map((key) => `  ${theme.wrong(key)}${why.has(key) ? `  ${why.get(key)}` : ''}`);
  const left = offenders.length - listed.length;
  return left > 0 ? [...listed, theme.dim(`  …and ${left} more: -o json names them all`)] : listed;
}
