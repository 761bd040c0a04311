import type {Etcd, EtcdMember, KeyValue} from './etcd.ts';
import {type Channel, type EtcdTls, type GrpcEndpoint, openChannel} from './grpc/channel.ts';
import {openChannels} from './grpc/channels.ts';
import {methods, type RangeRequest, type RangeResponse, type StatusResponse} from './grpc/descriptor.ts';
import {type MemberEntry, type MemberStatus, memberOf} from './members.ts';
import {pagesOf} from './pages.ts';
import {Compacted, EtcdProblem} from './problems.ts';

export type {EtcdTls, GrpcEndpoint} from './grpc/channel.ts';

export interface GrpcOptions {
  /** In the order in which they are tried. */
  readonly endpoints: readonly GrpcEndpoint[];
  readonly tls?: EtcdTls | undefined;
  /** The API server's --etcd-prefix, `/registry` by default: what a user of etcd's access control may at least read. */
  readonly prefix?: string;
  /** Milliseconds for one answer; 10 s by default. */
  readonly timeout?: number;
  /** Milliseconds for the first answer; 3 s by default: where nothing answers, there may be other ways to the store. */
  readonly connectTimeout?: number;
  /** How to reach one particular member; by its first client URL, where this is left out. */
  readonly endpointOf?: (member: MemberEntry) => Promise<GrpcEndpoint | undefined>;
  /** Runs once the connections are closed, those of a failed `openGrpc` too. */
  readonly onClose?: () => Promise<void>;
}

/** A large store's compaction or defragmentation takes minutes. */
const MAINTENANCE = 30 * 60_000;
/** A snapshot's next piece comes within this time, however long the whole takes. */
const STALL = 60_000;

/**
 * The store by gRPC, through the first endpoint that answers. Where that one is lost later, the others are tried.
 * Load this file by `import()`: gRPC takes a while, and few commands need it.
 */
export async function openGrpc(options: GrpcOptions, signal: AbortSignal): Promise<Etcd> {
  const {endpoints, tls, prefix = '/registry', timeout = 10_000, connectTimeout = 3_000, onClose = async () => {}} = options;
  const probe = {key: Buffer.from(`${prefix}/`), limit: 1, keysOnly: true};
  const channels = await openChannels(endpoints, tls, (channel) =>
    channel.call(methods.range, probe, connectTimeout, signal),
  ).catch(async (error: unknown) => {
    await onClose();
    throw error;
  });

  const range = (request: RangeRequest, aborted: AbortSignal) =>
    channels.any((channel) => channel.call(methods.range, request, timeout, aborted));

  /** Asks that very member: through the present channel where it is the one behind it, else through one of its own. */
  async function atMember<T>(member: MemberEntry, aborted: AbortSignal, ask: (channel: Channel) => Promise<T>): Promise<T> {
    const {present} = channels;
    const {header} = await present.call(methods.range, probe, timeout, aborted);
    if (header.memberId === member.id) return ask(present);
    const channel = openChannel(await endpointOf(member, options), tls);
    try {
      return await ask(channel);
    } finally {
      channel.close();
    }
  }

  async function statusOf(member: MemberEntry, aborted: AbortSignal): Promise<MemberStatus | EtcdProblem> {
    try {
      return toStatus(await atMember(member, aborted, (channel) => channel.call(methods.status, {}, connectTimeout, aborted)));
    } catch (error) {
      if (error instanceof EtcdProblem) return error;
      throw error;
    }
  }

  return {
    get via() {
      return channels.present.via;
    },
    get: async (key, aborted, revision = 0) => {
      const {kvs} = await range({key: Buffer.from(key), revision}, aborted);
      return kvs.map(keyValue)[0];
    },
    range: (query, aborted) =>
      pagesOf(query, async ({key, end, limit, revision, keysOnly}) => {
        const {header, kvs, more} = await range({key, rangeEnd: end, limit, revision, keysOnly}, aborted);
        return {items: kvs.map(keyValue), revision: Number(header.revision), more};
      }),
    revision: async (aborted) => Number((await range(probe, aborted)).header.revision),
    members: async (aborted): Promise<EtcdMember[]> => {
      const {members} = await channels.any((channel) => channel.call(methods.memberList, {linearizable: true}, timeout, aborted));
      const {alarms} = await channels.any((channel) => channel.call(methods.alarm, {}, timeout, aborted));
      return Promise.all(members.map(async (member) => memberOf(member, await statusOf(member, aborted), alarms)));
    },
    snapshot: async (onChunk, aborted) => {
      for await (const {blob} of channels.present.stream(methods.snapshot, {}, STALL, aborted)) await onChunk(blob);
    },
    compact: async (revision, aborted) => {
      try {
        await channels.any((channel) => channel.call(methods.compact, {revision, physical: true}, MAINTENANCE, aborted));
      } catch (error) {
        if (!(error instanceof Compacted)) throw error; // someone was faster
      }
    },
    defragment: async (member, aborted) => {
      await atMember(member, aborted, (channel) => channel.call(methods.defragment, {}, MAINTENANCE, aborted));
    },
    close: async () => {
      channels.close();
      await onClose();
    },
  };
}

async function endpointOf(member: MemberEntry, options: GrpcOptions): Promise<GrpcEndpoint> {
  const [url] = member.clientUrls;
  const endpoint = options.endpointOf ? await options.endpointOf(member) : url === undefined ? undefined : {url};
  if (endpoint !== undefined) return endpoint;
  throw new EtcdProblem(`cannot reach etcd's member ${member.name}`, {
    kind: 'unreachable',
    why: 'no address of it leads there from here',
  });
}

const toStatus = ({version, dbSize, dbSizeInUse, leader, errors}: StatusResponse): MemberStatus => ({
  version,
  dbSize: Number(dbSize),
  dbSizeInUse: Number(dbSizeInUse),
  leader,
  errors,
});

const keyValue = ({key, value, createRevision, modRevision, version}: RangeResponse['kvs'][number]): KeyValue => ({
  key,
  value,
  createRevision: Number(createRevision),
  modRevision: Number(modRevision),
  version: Number(version),
});
