import type {Etcd, EtcdMember, KeyValue, RangeQuery} from '../../src/etcd/etcd.ts';
import {Compacted} from '../../src/etcd/problems.ts';

/** A store in memory, with its history, as kops' own interface has it. */
export interface MemoryEtcd extends Etcd {
  /** Returns the store's revision after it. */
  put(key: string, value: string | Buffer): number;
  remove(key: string): number;
  /** Its value now. */
  at(key: string): Buffer | undefined;
  /** Those that there are now. */
  keys(): string[];
  /** What was asked of it, in order: `range /registry/secrets/ at 3`. */
  readonly asked: string[];
  /** What a snapshot hands out. */
  file: Buffer;
  /** Changed by a test: what `members` says next. */
  memberList: EtcdMember[];
}

interface Version {
  readonly key: string;
  readonly revision: number;
  /** Undefined where it was deleted. */
  readonly value: Buffer | undefined;
}

/** Keys a page: few, so that there is more than one. */
const PAGE = 3;

export const aMember = (name: string, more: Partial<EtcdMember> = {}): EtcdMember => ({
  id: name,
  name,
  clientUrls: [`https://${name}:2379`],
  dbSize: 8192,
  dbSizeInUse: 4096,
  version: '3.7.0',
  isLeader: false,
  isLearner: false,
  errors: [],
  ...more,
});

export function memoryEtcd(entries: Readonly<Record<string, string | Buffer>> = {}): MemoryEtcd {
  const history: Version[] = [];
  let revision = 1;
  let compacted = 1;

  const write = (key: string, value: Buffer | undefined): number => {
    revision += 1;
    history.push({key, revision, value});
    return revision;
  };

  function at(wanted: number): KeyValue[] {
    if (wanted < compacted) throw new Compacted('memory');
    const found = new Map<string, KeyValue>();
    for (const version of history) {
      if (version.revision > wanted) break;
      const before = found.get(version.key);
      if (version.value === undefined) found.delete(version.key);
      else {
        found.set(version.key, {
          key: Buffer.from(version.key),
          value: version.value,
          createRevision: before?.createRevision ?? version.revision,
          modRevision: version.revision,
          version: (before?.version ?? 0) + 1,
        });
      }
    }
    return [...found.values()].sort((a, b) => a.key.compare(b.key));
  }

  const etcd: MemoryEtcd = {
    via: 'memory',
    asked: [],
    file: Buffer.alloc(0),
    memberList: [aMember('a', {isLeader: true})],
    put: (key, value) => write(key, Buffer.from(value)),
    remove: (key) => write(key, undefined),
    at: (key) => at(revision).find((item) => item.key.toString() === key)?.value,
    keys: () => at(revision).map(({key}) => key.toString()),
    async get(key, _signal, wanted = revision) {
      return at(wanted).find((item) => item.key.equals(Buffer.from(key)));
    },
    async *range({prefix, revision: wanted = revision, keysOnly}: RangeQuery) {
      etcd.asked.push(`range ${prefix} at ${wanted}`);
      const found = at(wanted).filter(({key}) => key.toString().startsWith(prefix.toString()));
      for (let from = 0; from === 0 || from < found.length; from += PAGE) {
        const items = found.slice(from, from + PAGE);
        yield {revision: wanted, items: keysOnly ? items.map((item) => ({...item, value: Buffer.alloc(0)})) : items};
      }
    },
    revision: async () => revision,
    members: async () => structuredClone(etcd.memberList),
    async snapshot(onChunk) {
      for (let from = 0; from < etcd.file.length; from += 1000) await onChunk(etcd.file.subarray(from, from + 1000));
    },
    async compact(to) {
      etcd.asked.push(`compact ${to}`);
      if (to <= compacted) throw new Compacted('memory');
      compacted = to;
    },
    async defragment({name}) {
      etcd.asked.push(`defragment ${name}`);
    },
    async close() {},
  };
  for (const [key, value] of Object.entries(entries)) etcd.put(key, value);
  return etcd;
}
