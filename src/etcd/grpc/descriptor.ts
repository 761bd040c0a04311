import {fromJSON, type MethodDefinition} from '@grpc/proto-loader';

/** What kops uses of etcd's v3 API, by the field numbers of api/etcdserverpb/rpc.proto and api/mvccpb/kv.proto; all else is skipped. */
const bytes = (id: number) => ({type: 'bytes', id});
const int64 = (id: number) => ({type: 'int64', id});
const uint64 = (id: number) => ({type: 'uint64', id});
const bool = (id: number) => ({type: 'bool', id});
const string = (id: number) => ({type: 'string', id});
const strings = (id: number) => ({rule: 'repeated', type: 'string', id});
type Types = NonNullable<Parameters<typeof fromJSON>[0]['nested']>;
const header = {type: 'ResponseHeader', id: 1};

const messages: Types = {
  ResponseHeader: {fields: {memberId: uint64(2), revision: int64(3)}},
  KeyValue: {fields: {key: bytes(1), createRevision: int64(2), modRevision: int64(3), version: int64(4), value: bytes(5)}},
  RangeRequest: {fields: {key: bytes(1), rangeEnd: bytes(2), limit: int64(3), revision: int64(4), keysOnly: bool(8)}},
  RangeResponse: {fields: {header, kvs: {rule: 'repeated', type: 'KeyValue', id: 2}, more: bool(3)}},
  CompactionRequest: {fields: {revision: int64(1), physical: bool(2)}},
  CompactionResponse: {fields: {header}},
  Member: {fields: {id: uint64(1), name: string(2), clientUrls: strings(4), isLearner: bool(5)}},
  MemberListRequest: {fields: {linearizable: bool(1)}},
  MemberListResponse: {fields: {header, members: {rule: 'repeated', type: 'Member', id: 2}}},
  StatusRequest: {fields: {}},
  StatusResponse: {
    fields: {
      header,
      version: string(2),
      dbSize: int64(3),
      leader: uint64(4),
      errors: strings(8),
      dbSizeInUse: int64(9),
      isLearner: bool(10),
    },
  },
  AlarmType: {values: {NONE: 0, NOSPACE: 1, CORRUPT: 2}},
  AlarmMember: {fields: {memberId: uint64(1), alarm: {type: 'AlarmType', id: 2}}},
  /** Its default action is GET. */
  AlarmRequest: {fields: {}},
  AlarmResponse: {fields: {header, alarms: {rule: 'repeated', type: 'AlarmMember', id: 2}}},
  DefragmentRequest: {fields: {}},
  DefragmentResponse: {fields: {header}},
  SnapshotRequest: {fields: {}},
  SnapshotResponse: {fields: {header, blob: bytes(3)}},
};

const rpc = (name: string, more = {}) => ({
  requestType: `${name}Request`,
  responseType: `${name}Response`,
  comment: '',
  ...more,
});

const services: Types = {
  KV: {methods: {Range: rpc('Range'), Compact: rpc('Compaction')}},
  Cluster: {methods: {MemberList: rpc('MemberList')}},
  Maintenance: {
    methods: {
      Alarm: rpc('Alarm'),
      Status: rpc('Status'),
      Defragment: rpc('Defragment'),
      Snapshot: rpc('Snapshot', {responseStream: true}),
    },
  },
};

/** 64-bit numbers are decimal strings: member IDs are larger than what a number holds exactly. */
const definition = fromJSON(
  {nested: {etcdserverpb: {nested: {...messages, ...services}}}},
  {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
  },
);

interface Header {
  readonly memberId: string;
  readonly revision: string;
}

export interface RangeRequest {
  readonly key: Buffer;
  readonly rangeEnd?: Buffer;
  readonly limit?: number;
  readonly revision?: number;
  readonly keysOnly?: boolean;
}

export interface RangeResponse {
  readonly header: Header;
  readonly kvs: readonly {
    readonly key: Buffer;
    readonly value: Buffer;
    readonly createRevision: string;
    readonly modRevision: string;
    readonly version: string;
  }[];
  readonly more: boolean;
}

export interface MemberListResponse {
  readonly header: Header;
  readonly members: readonly {
    readonly id: string;
    readonly name: string;
    readonly clientUrls: readonly string[];
    readonly isLearner: boolean;
  }[];
}

export interface StatusResponse {
  readonly header: Header;
  readonly version: string;
  readonly dbSize: string;
  readonly dbSizeInUse: string;
  readonly leader: string;
  readonly errors: readonly string[];
  readonly isLearner: boolean;
}

export interface AlarmResponse {
  readonly alarms: readonly {readonly memberId: string; readonly alarm: string}[];
}

/** One method of etcd's API as a client calls it and a server implements it. */
export type Method<Request extends object, Response extends object> = MethodDefinition<Request, Response>;

function method<Request extends object, Response extends object>(service: string, name: string): Method<Request, Response> {
  const methods = definition[`etcdserverpb.${service}`] as unknown as Record<string, unknown>;
  return methods[name] as Method<Request, Response>;
}

type Empty = Record<string, never>;

export const methods = {
  range: method<RangeRequest, RangeResponse>('KV', 'Range'),
  compact: method<{revision: number; physical: boolean}, {header: Header}>('KV', 'Compact'),
  memberList: method<{linearizable: boolean}, MemberListResponse>('Cluster', 'MemberList'),
  alarm: method<Empty, AlarmResponse>('Maintenance', 'Alarm'),
  status: method<Empty, StatusResponse>('Maintenance', 'Status'),
  defragment: method<Empty, {header: Header}>('Maintenance', 'Defragment'),
  snapshot: method<Empty, {blob: Buffer}>('Maintenance', 'Snapshot'),
};
