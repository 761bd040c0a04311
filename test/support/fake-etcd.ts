import {Server, ServerCredentials, type ServerWritableStream, type sendUnaryData, status} from '@grpc/grpc-js';
import {methods, type RangeRequest, type RangeResponse} from '../../src/etcd/grpc/descriptor.ts';

/** A store in memory that speaks as much of etcd's API as kops does, and fails as etcd fails. */
export interface FakeEtcd {
  readonly url: string;
  /** What ranges were asked for, in order. */
  readonly asked: {readonly limit: number; readonly revision: number}[];
  /** Returns the store's revision after it. */
  put(key: string | Buffer, value: string | Buffer): number;
  compact(revision: number): void;
  /** Runs before a range is answered; what it throws is the answer. */
  onRange: (() => Promise<void> | void) | undefined;
  /** Members that the list names besides this one. */
  readonly others: {id: string; name: string; clientUrls: string[]}[];
  readonly alarms: {memberId: string; alarm: string}[];
  /** What a snapshot sends; never ends where `stall` is set. */
  snapshot: {readonly pieces: readonly Buffer[]; readonly stall?: true};
  readonly defragmented: () => number;
  stop(): void;
}

/** Larger than what a number holds exactly, as real ones are. */
export const MEMBER_ID = '10276657743932975437';

interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
}

/** An error of etcd's, by its words. */
export const etcdError = (code: keyof typeof status, details: string) => ({code: status[code], details});

export async function startFakeEtcd(port = 0): Promise<FakeEtcd> {
  /** By key in hex: what it held, the newest last. */
  const history = new Map<string, Entry[]>();
  let revision = 1;
  let compacted = 0;
  let defragmented = 0;
  const header = () => ({memberId: MEMBER_ID, revision: String(revision)});

  function range({key, rangeEnd = Buffer.alloc(0), limit = 0, revision: at = 0, keysOnly = false}: RangeRequest): RangeResponse {
    const asked = Number(at) || revision;
    if (asked < compacted) throw etcdError('OUT_OF_RANGE', 'etcdserver: mvcc: required revision has been compacted');
    const toLast = rangeEnd.length === 1 && rangeEnd[0] === 0;
    const isIn = (candidate: Buffer) =>
      rangeEnd.length === 0 ? candidate.equals(key) : candidate.compare(key) >= 0 && (toLast || candidate.compare(rangeEnd) < 0);
    const found = [...history.values()]
      .map((entries) => entries.findLast(({modRevision}) => modRevision <= asked))
      .filter((entry) => entry !== undefined)
      .filter(({key: candidate}) => isIn(candidate))
      .sort((a, b) => a.key.compare(b.key));
    const page = Number(limit) > 0 ? found.slice(0, Number(limit)) : found;
    const kvs = page.map(({createRevision, modRevision, version, ...entry}) => ({
      ...entry,
      value: keysOnly ? Buffer.alloc(0) : entry.value,
      createRevision: String(createRevision),
      modRevision: String(modRevision),
      version: String(version),
    }));
    return {header: header(), kvs, more: kvs.length < found.length};
  }

  const fake: Omit<FakeEtcd, 'url'> = {
    asked: [],
    others: [],
    alarms: [],
    onRange: undefined,
    snapshot: {pieces: []},
    put(name, content) {
      const key = Buffer.from(name);
      const entries = history.get(key.toString('hex')) ?? [];
      history.set(key.toString('hex'), entries);
      revision++;
      const createRevision = entries[0]?.createRevision ?? revision;
      entries.push({key, value: Buffer.from(content), createRevision, modRevision: revision, version: entries.length + 1});
      return revision;
    },
    compact(to) {
      compacted = to;
    },
    defragmented: () => defragmented,
    stop: () => server.forceShutdown(),
  };

  const answer =
    <Q, A>(make: (request: Q) => A | Promise<A>) =>
    ({request}: {request: Q}, callback: sendUnaryData<A>) => {
      void Promise.resolve()
        .then(() => make(request))
        .then((made) => callback(null, made), callback);
    };

  const server = new Server({'grpc.max_send_message_length': -1});
  server.addService(
    {Range: methods.range, Compact: methods.compact},
    {
      Range: answer(async (request: RangeRequest) => {
        fake.asked.push({limit: Number(request.limit), revision: Number(request.revision)});
        await fake.onRange?.();
        return range(request);
      }),
      Compact: answer((request: {revision: number}) => {
        const to = Number(request.revision);
        if (to <= compacted) throw etcdError('OUT_OF_RANGE', 'etcdserver: mvcc: required revision has been compacted');
        compacted = to;
        return {header: header()};
      }),
    },
  );
  server.addService(
    {MemberList: methods.memberList},
    {
      MemberList: answer(() => ({
        header: header(),
        members: [{id: MEMBER_ID, name: 'a', clientUrls: ['https://unused:2379'], isLearner: false}, ...fake.others],
      })),
    },
  );
  server.addService(
    {Alarm: methods.alarm, Status: methods.status, Defragment: methods.defragment, Snapshot: methods.snapshot},
    {
      Alarm: answer(() => ({header: header(), alarms: fake.alarms})),
      Status: answer(() => ({
        header: header(),
        version: '3.7.0',
        dbSize: '8192',
        dbSizeInUse: '4096',
        leader: MEMBER_ID,
        errors: fake.alarms.map(({memberId, alarm}) => `memberID:${memberId} alarm:${alarm} `),
        isLearner: false,
      })),
      Defragment: answer(() => {
        defragmented++;
        return {header: header()};
      }),
      Snapshot: (call: ServerWritableStream<object, {blob: Buffer}>) => {
        for (const blob of fake.snapshot.pieces) call.write({blob});
        if (!fake.snapshot.stall) call.end();
      },
    },
  );
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, used) =>
      error ? reject(error) : resolve(used),
    );
  });
  return Object.assign(fake, {url: `http://127.0.0.1:${bound}`});
}
