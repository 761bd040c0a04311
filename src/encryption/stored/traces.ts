import {scanBytes} from '../../etcd/scan-bytes.ts';
import {printable} from '../../text/printable.ts';
import type {AuditedResource} from './audit.ts';
import {envelopeOf} from './envelope.ts';

/** What a file of etcd's holds of some resources: its database, its write-ahead log, a snapshot. */
export interface Traces {
  readonly bytes: number;
  /** Plaintext values, present and past ones; those too whose key is overwritten already. */
  readonly plaintext: number;
  /** Their keys, each once; only the first 10,000. */
  readonly keys: readonly string[];
}

export interface TraceFinder {
  /** The next piece of the file, of any size. */
  push(chunk: Buffer): void;
  /** After the last piece. */
  end(): Traces;
}

/** What a Secret in plaintext begins with: the magic of protobuf, and `v1` and `Secret` in the wrapper. */
const PLAIN_SECRET = Buffer.from('k8s\0\n\x0c\n\x02v1\x12\x06Secret');

export function findTraces(resources: readonly AuditedResource[]): TraceFinder {
  const scanners = resources.map(({resource, path}) =>
    scanBytes({
      prefix: path,
      isPlaintext: (head) => envelopeOf(head).provider === 'identity',
      markers: resource === 'secrets' ? [PLAIN_SECRET] : [],
    }),
  );
  let bytes = 0;
  return {
    push(chunk) {
      bytes += chunk.length;
      for (const scanner of scanners) scanner.update(chunk);
    },
    end() {
      const scans = scanners.map((scanner) => scanner.end());
      return {
        bytes,
        plaintext: scans.reduce((sum, {plaintext, nameless}) => sum + plaintext + nameless, 0),
        keys: scans.flatMap(({keys}) => keys.map(({key}) => printable(key))),
      };
    },
  };
}
