import {fromJSON} from '@grpc/proto-loader';
import {type EtcdTls, type GrpcEndpoint, openChannel} from '../../src/etcd/grpc/channel.ts';
import type {Method} from '../../src/etcd/grpc/descriptor.ts';
import {rangeOf} from '../../src/etcd/keys.ts';

/** Writes keys, which kops itself never does. */
export interface EtcdWriter {
  put(key: string, value: string | Buffer): Promise<void>;
  /** A hundred at a time, so that a hundred have the same revision. */
  putAll(entries: readonly (readonly [key: string, value: string])[]): Promise<void>;
  delete(key: string): Promise<void>;
  deleteAll(prefix: string): Promise<void>;
  close(): void;
}

interface Put {
  readonly key: Buffer;
  readonly value: Buffer;
}

const bytes = (id: number) => ({type: 'bytes', id});
const rpc = (name: string) => ({requestType: `${name}Request`, responseType: `${name}Response`, comment: ''});
const KV = fromJSON({
  nested: {
    etcdserverpb: {
      nested: {
        PutRequest: {fields: {key: bytes(1), value: bytes(2)}},
        PutResponse: {fields: {}},
        DeleteRangeRequest: {fields: {key: bytes(1), rangeEnd: bytes(2)}},
        DeleteRangeResponse: {fields: {}},
        RequestOp: {fields: {put: {type: 'PutRequest', id: 2}}},
        TxnRequest: {fields: {success: {rule: 'repeated', type: 'RequestOp', id: 2}}},
        TxnResponse: {fields: {}},
        KV: {methods: {Put: rpc('Put'), DeleteRange: rpc('DeleteRange'), Txn: rpc('Txn')}},
      },
    },
  },
})['etcdserverpb.KV'] as unknown as {
  Put: Method<Put, object>;
  DeleteRange: Method<{key: Buffer; rangeEnd?: Buffer}, object>;
  Txn: Method<{success: {put: Put}[]}, object>;
};

/** etcd takes no more than 128 in one transaction. */
const BATCH = 100;

export function openWriter(endpoint: GrpcEndpoint, tls: EtcdTls): EtcdWriter {
  const channel = openChannel(endpoint, tls);
  const {signal} = new AbortController();
  const call = async <Q extends object>(method: Method<Q, object>, request: Q) => {
    await channel.call(method, request, 30_000, signal);
  };
  const putOf = (key: string, value: string | Buffer): Put => ({key: Buffer.from(key), value: Buffer.from(value)});
  return {
    put: (key, value) => call(KV.Put, putOf(key, value)),
    putAll: async (entries) => {
      for (let i = 0; i < entries.length; i += BATCH) {
        await call(KV.Txn, {success: entries.slice(i, i + BATCH).map(([key, value]) => ({put: putOf(key, value)}))});
      }
    },
    delete: (key) => call(KV.DeleteRange, {key: Buffer.from(key)}),
    deleteAll: (prefix) => {
      const {key, end} = rangeOf(prefix);
      return call(KV.DeleteRange, {key, rangeEnd: end});
    },
    close: () => channel.close(),
  };
}
