import type {Etcd, KeyValue} from '../../etcd/etcd.ts';
import {printable} from '../../text/printable.ts';
import {type EncryptionConfiguration, emptyConfiguration} from '../configuration/configuration.ts';
import {rulesFor, type WriteKey, writeKeyOf} from '../configuration/coverage.ts';
import {type Envelope, envelopeOf} from './envelope.ts';
import {kmsKeyOf} from './kms-key.ts';
import {openValue} from './open.ts';

/** All values of one resource in etcd. */
export interface AuditedResource {
  /** `secrets`, `widgets.example.com` */
  readonly resource: string;
  /** What their keys start with: `/registry/secrets/`. */
  readonly path: string;
}

/** A configuration that is in force, and where. */
export interface Reader {
  readonly nodes: readonly string[];
  readonly configuration: EncryptionConfiguration;
}

export interface ResourceAudit {
  readonly resource: string;
  readonly total: number;
  readonly encrypted: number;
  readonly plaintext: number;
  /** Encrypted, and at least one API server has no key that opens them. */
  readonly undecryptable: number;
  /** Encrypted by a KMS, which alone can open them. */
  readonly unchecked: number;
  /** How many values begin with each prefix, `k8s:enc:secretbox:v1:key1:` for example; those without any are under `identity`. */
  readonly byKey: Readonly<Record<string, number>>;
  /** The same of values under KMS v2, with the name that the plugin gives its key: `k8s:enc:kms:v2:vault:key-1`. */
  readonly byKmsKey: Readonly<Record<string, number>>;
}

export interface UndecryptableValue {
  readonly key: string;
  readonly why: string;
}

export interface Audit {
  /** Of the store, at which all of it was read. */
  readonly revision: number;
  /** Of all keys and values that were read. */
  readonly bytes: number;
  readonly resources: readonly ResourceAudit[];
  /** Keys of values that are plaintext, in their order. */
  readonly plaintext: readonly string[];
  readonly undecryptable: readonly UndecryptableValue[];
}

export interface AuditOptions {
  /** Every value is opened with each of them; without any, values are only counted. */
  readonly readers: readonly Reader[];
  readonly onProgress?: (scanned: number) => void;
}

/**
 * Reads every value of these resources from etcd, at one revision and page by page, and tells by which key each is encrypted and whether
 * the configurations open it. What it keeps is counts, and the keys of what is wrong.
 */
export async function audit(
  etcd: Etcd,
  resources: readonly AuditedResource[],
  {readers, onProgress = () => {}}: AuditOptions,
  signal: AbortSignal,
): Promise<Audit> {
  const audits: ResourceAudit[] = [];
  const plaintext: string[] = [];
  const undecryptable: UndecryptableValue[] = [];
  let revision: number | undefined;
  let scanned = 0;
  let bytes = 0;
  for (const {resource, path} of resources) {
    const open = opener(readers, resource);
    const prefixes = new Map<string, number>();
    const kmsKeys = new Map<string, number>();
    const counts = {total: 0, encrypted: 0, plaintext: 0, undecryptable: 0, unchecked: 0};
    for await (const page of etcd.range({prefix: path, ...(revision !== undefined && {revision})}, signal)) {
      revision ??= page.revision;
      for (const item of page.items) {
        const envelope = envelopeOf(item.value);
        const prefix = prefixOf(item.value, envelope);
        count(prefixes, prefix);
        const kmsKey = kmsKeyOf(item.value, envelope);
        if (kmsKey !== undefined) count(kmsKeys, `${prefix}${kmsKey}`);
        counts.total += 1;
        bytes += item.key.length + item.value.length;
        if (envelope.provider === 'identity') {
          counts.plaintext += 1;
          plaintext.push(nameOfKey(item.key));
          continue;
        }
        counts.encrypted += 1;
        const trouble = open(item);
        if (trouble === 'unchecked') counts.unchecked += 1;
        else if (trouble !== undefined) {
          counts.undecryptable += 1;
          undecryptable.push({key: nameOfKey(item.key), why: trouble});
        }
      }
      scanned += page.items.length;
      onProgress(scanned);
    }
    audits.push({resource, ...counts, byKey: sorted(prefixes), byKmsKey: sorted(kmsKeys)});
  }
  return {revision: revision ?? (await etcd.revision(signal)), bytes, resources: audits, plaintext, undecryptable};
}

const count = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);

const sorted = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));

/** Why a value cannot be opened by all; undefined where it can. Only the rules that speak for the resource count, as in the API server. */
function opener(readers: readonly Reader[], resource: string): (item: KeyValue) => string | undefined {
  const narrowed = readers.map(({nodes, configuration}) => ({nodes, configuration: rulesThatCover(configuration, resource)}));
  return ({key, value}) => {
    let trouble: string | undefined;
    for (const {nodes, configuration} of narrowed) {
      const opened = openValue(value, key, configuration);
      if (opened.ok) continue;
      if (!opened.checked) trouble = 'unchecked';
      else return narrowed.length === 1 ? opened.why : `${opened.why}, on ${nodes.join(', ')}`;
    }
    return trouble;
  };
}

/** What of a configuration an API server uses for this resource. */
export const rulesThatCover = (configuration: EncryptionConfiguration, resource: string): EncryptionConfiguration => ({
  rules: rulesFor(configuration, resource).indices.flatMap((index) => configuration.rules[index] ?? []),
});

/** The bytes before the ciphertext; `identity` for plaintext. */
export const prefixOf = (value: Buffer, {provider, prefixLength}: Envelope): string =>
  provider === 'identity' ? provider : prefixLength === 0 ? 'unknown' : printable(value.toString('utf8', 0, prefixLength));

/** What values start with that are written with this key now. */
export function prefixOfWriteKey({provider, keyName}: WriteKey): string {
  if (provider === 'identity') return provider;
  const [name, version = 'v1'] = provider.split(' ');
  return `k8s:enc:${name}:${version}:${keyName}:`;
}

/** What values of this resource start with that are written with this configuration. */
export const writePrefixOf = (configuration: EncryptionConfiguration, resource: string): string =>
  prefixOfWriteKey(writeKeyOf(configuration, resource) ?? {provider: 'identity'});

/** The prefixes that servers write this resource with now: one where they agree. */
export const writePrefixes = (readers: readonly Reader[], resource: string): string[] => [
  ...new Set(readers.map(({configuration}) => writePrefixOf(configuration, resource))),
];

/** One reader for each configuration that there is, with the nodes that have it; a node without one can read plaintext only. */
export function readersOf(
  servers: readonly {
    readonly name: string;
    readonly configHash: string | undefined;
    readonly configuration: EncryptionConfiguration | undefined;
  }[],
): Reader[] {
  const byHash = Map.groupBy(servers, ({configHash}) => configHash);
  return [...byHash.values()].map((same) => ({
    nodes: same.map(({name}) => name),
    configuration: same[0]?.configuration ?? emptyConfiguration,
  }));
}

/** etcd's keys may hold any byte. */
export const nameOfKey = (key: Buffer): string => printable(key.toString('utf8'));
