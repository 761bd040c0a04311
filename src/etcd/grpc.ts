import type {Etcd, EtcdMember, KeyValue} from './etcd.ts';
import {type Channel, type EtcdTls, type GrpcEndpoint, openChannel} from './grpc/channel.ts';
import {methods, type RangeResponse, type StatusResponse} from './grpc/descriptor.ts';
import {pagesOf} from './pages.ts';
import {Compacted, EtcdProblem} from './problems.ts';

export type {EtcdTls, GrpcEndpoint} from './grpc/channel.ts';

export interface GrpcOptions {
  /** In the order in which they are tried; never none. */
  readonly endpoints: readonly GrpcEndpoint[];
  readonly tls?: EtcdTls | undefined;
  /** The API server's --etcd-prefix, `/registry` by default: what a user of etcd's access control may at least read. */
  readonly prefix?: string;
  /** Milliseconds for one answer; 10 s by default. */
  readonly timeout?: number;
  /** How to reach a member other than those of `endpoints`; by its first client URL, where this is left out. */
  readonly endpointOf?: (member: {
    readonly name: string;
    readonly clientUrls: readonly string[];
  }) => Promise<GrpcEndpoint | undefined>;
}

const MINUTE = 60_000;

/**
 * The store by gRPC, through the first endpoint that answers. Where that one is lost later, the others are tried.
 * Load this file by `import()`: gRPC takes a while, and few commands need it.
 */
export async function openGrpc(options: GrpcOptions, signal: AbortSignal): Promise<Etcd> {
  const {endpoints, tls, prefix = '/registry', timeout = 10_000} = options;
  const channels = endpoints.map((endpoint) => openChannel(endpoint, tls));
  const probe = {key: Buffer.from(`${prefix}/`), limit: 1, keysOnly: true};
  let current = 0;

  /** Asks the present channel, and the others once where it does not answer. */
  async function anyOf<T>(ask: (channel: Channel) => Promise<T>): Promise<T> {
    const first = current;
    let failure: unknown;
    for (let i = 0; i < channels.length; i++) {
      const index = (first + i) % channels.length;
      try {
        const answer = await ask(channels[index] as Channel);
        current = index;
        return answer;
      } catch (error) {
        failure ??= error;
        if (!(error instanceof EtcdProblem) || !GO_ON.includes(error.kind)) throw error;
      }
    }
    throw failure;
  }

  const range = (request: Parameters<typeof methods.range.requestSerialize>[0], aborted: AbortSignal) =>
    anyOf((channel) => channel.call(methods.range, request, timeout, aborted));
  const close = async () => {
    for (const channel of channels) channel.close();
  };

  try {
    await range(probe, signal);
  } catch (error) {
    await close();
    throw error;
  }

  return {
    get via() {
      return (channels[current] as Channel).via;
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
    members: (aborted) => membersOf(aborted),
    snapshot: async (onChunk, aborted) => {
      const pieces = (channels[current] as Channel).stream(methods.snapshot, {}, MINUTE, aborted);
      for await (const {blob} of pieces) await onChunk(blob);
    },
    compact: async (revision, aborted) => {
      const request = {revision, physical: true};
      await anyOf((channel) => channel.call(methods.compact, request, 10 * MINUTE, aborted)).catch((error: unknown) => {
        if (!(error instanceof Compacted)) throw error; // someone was faster
      });
    },
    defragment: (member, aborted) =>
      atMember(member, aborted, async (channel) => {
        await channel.call(methods.defragment, {}, 10 * MINUTE, aborted);
      }),
    close,
  };

  async function membersOf(aborted: AbortSignal): Promise<EtcdMember[]> {
    const {members} = await anyOf((channel) => channel.call(methods.memberList, {linearizable: true}, timeout, aborted));
    const {alarms} = await anyOf((channel) => channel.call(methods.alarm, {}, timeout, aborted));
    return Promise.all(
      members.map(async (member) => {
        const raised = alarms.filter(({memberId}) => memberId === member.id).map(({alarm}) => `alarm ${alarm}`);
        const status = await atMember(member, aborted, (channel) => channel.call(methods.status, {}, timeout, aborted)).catch(
          (error: unknown) => {
            if (error instanceof EtcdProblem) return error;
            throw error;
          },
        );
        return memberOf(member, status, raised);
      }),
    );
  }

  /** Asks that very member: through the present channel where it is the one behind it, else through one of its own. */
  async function atMember<T>(member: MemberRef, aborted: AbortSignal, ask: (channel: Channel) => Promise<T>): Promise<T> {
    const present = channels[current] as Channel;
    const {header} = await present.call(methods.range, probe, timeout, aborted);
    if (header.memberId === member.id) return ask(present);
    const endpoint = options.endpointOf ? await options.endpointOf(member) : urlOf(member);
    if (endpoint === undefined) {
      throw new EtcdProblem(`cannot reach etcd's member ${member.name}`, {
        kind: 'unreachable',
        why: 'it has no address that leads there from here',
      });
    }
    const channel = openChannel(endpoint, tls);
    try {
      return await ask(channel);
    } finally {
      channel.close();
    }
  }
}

type MemberRef = Pick<EtcdMember, 'id' | 'name' | 'clientUrls'>;

const urlOf = ({clientUrls: [url]}: MemberRef): GrpcEndpoint | undefined => (url === undefined ? undefined : {url});

function memberOf(
  member: MemberRef & Pick<EtcdMember, 'isLearner'>,
  status: StatusResponse | EtcdProblem,
  raised: string[],
): EtcdMember {
  const {id, name, clientUrls, isLearner} = member;
  const known = {id, name, clientUrls, isLearner};
  if (status instanceof EtcdProblem) {
    const {message, why} = status;
    return {
      ...known,
      dbSize: 0,
      dbSizeInUse: 0,
      version: '',
      isLeader: false,
      errors: [why ? `${message}: ${why}` : message, ...raised],
    };
  }
  return {
    ...known,
    dbSize: Number(status.dbSize),
    dbSizeInUse: Number(status.dbSizeInUse),
    version: status.version,
    isLeader: status.leader === id,
    errors: [...new Set([...status.errors, ...raised])],
  };
}

function keyValue({key, value, createRevision, modRevision, version}: RangeResponse['kvs'][number]): KeyValue {
  return {
    key,
    value,
    createRevision: Number(createRevision),
    modRevision: Number(modRevision),
    version: Number(version),
  };
}

/** Failures that another endpoint may not have. */
const GO_ON: readonly string[] = ['unreachable', 'untrusted', 'unauthenticated', 'unavailable'];
