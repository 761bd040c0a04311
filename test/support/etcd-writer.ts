import {fromJSON} from '@grpc/proto-loader';
import {type EtcdTls, type GrpcEndpoint, openChannel} from '../../src/etcd/grpc/channel.ts';
import type {Method} from '../../src/etcd/grpc/descriptor.ts';

/** Writes keys, which kops itself never does. */
export interface EtcdWriter {
  put(key: string, value: string | Buffer): Promise<void>;
  delete(key: string): Promise<void>;
  close(): void;
}

const empty = {fields: {}};
const bytes = (id: number) => ({type: 'bytes', id});
const KV = fromJSON({
  nested: {
    etcdserverpb: {
      nested: {
        PutRequest: {fields: {key: bytes(1), value: bytes(2)}},
        PutResponse: empty,
        DeleteRangeRequest: {fields: {key: bytes(1)}},
        DeleteRangeResponse: empty,
        KV: {
          methods: {
            Put: {requestType: 'PutRequest', responseType: 'PutResponse', comment: ''},
            DeleteRange: {requestType: 'DeleteRangeRequest', responseType: 'DeleteRangeResponse', comment: ''},
          },
        },
      },
    },
  },
})['etcdserverpb.KV'] as unknown as {
  Put: Method<{key: Buffer; value: Buffer}, object>;
  DeleteRange: Method<{key: Buffer}, object>;
};

export function openWriter(endpoint: GrpcEndpoint, tls: EtcdTls): EtcdWriter {
  const channel = openChannel(endpoint, tls);
  const {signal} = new AbortController();
  return {
    put: async (key, value) => {
      await channel.call(KV.Put, {key: Buffer.from(key), value: Buffer.from(value)}, 30_000, signal);
    },
    delete: async (key) => {
      await channel.call(KV.DeleteRange, {key: Buffer.from(key)}, 30_000, signal);
    },
    close: () => channel.close(),
  };
}
