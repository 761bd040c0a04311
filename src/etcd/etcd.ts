/** Its bytes are a view on those of the whole page: copy what is kept for long, or all of the page is. */
export interface KeyValue {
  /** `/registry/secrets/default/db`; custom prefixes may hold any byte. */
  readonly key: Buffer;
  /** As stored: ciphertext or `k8s\0` and protobuf, or JSON. Empty where only keys were asked for. */
  readonly value: Buffer;
  readonly createRevision: number;
  readonly modRevision: number;
  /** How often it was written since it was made. */
  readonly version: number;
}

export interface RangeQuery {
  /** All keys that start with it. */
  readonly prefix: string | Buffer;
  /** The store's revision to read at; without it, the newest, and all pages at the same one. One that was compacted is `Compacted`. */
  readonly revision?: number;
  readonly keysOnly?: boolean;
}

/** Pages in the order of keys; where there are none, one that is empty. All of them are of one `revision` of the store. */
export interface Page {
  readonly revision: number;
  readonly items: readonly KeyValue[];
}

export interface EtcdMember {
  readonly id: string;
  readonly name: string;
  readonly clientUrls: readonly string[];
  /** Bytes of the database file, and how many of them are in use. */
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  readonly version: string;
  readonly isLeader: boolean;
  readonly isLearner: boolean;
  /** What the member says is wrong, an alarm included; empty where it is healthy. */
  readonly errors: readonly string[];
}

/** The store behind the API servers, read as it is. Methods reject with a Problem, and with the signal's reason when it aborts. */
export interface Etcd {
  /** How it is reached, for people: `gRPC to https://172.18.0.2:2379`, `etcdctl in pod etcd-a`. */
  readonly via: string;
  /** Undefined where there is no such key (at that revision). */
  get(key: string | Buffer, signal: AbortSignal, revision?: number): Promise<KeyValue | undefined>;
  /** Pages bounded by count and by bytes: never more than a few MiB at once. */
  range(query: RangeQuery, signal: AbortSignal): AsyncIterable<Page>;
  /** The present revision. */
  revision(signal: AbortSignal): Promise<number>;
  /** Unreachable members are listed too, with their error. */
  members(signal: AbortSignal): Promise<EtcdMember[]>;
  /** A consistent copy of the whole database, piece by piece, with etcd's own checksum at its end. */
  snapshot(onChunk: (chunk: Buffer) => Promise<void> | void, signal: AbortSignal): Promise<void>;
  /** Forgets what is older than `revision`; resolves when that is done on disk. */
  compact(revision: number, signal: AbortSignal): Promise<void>;
  /** Gives free pages of one member's database file back. The member answers nothing meanwhile. */
  defragment(member: EtcdMember, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
