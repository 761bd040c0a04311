import {readFields} from '../../kube/protobuf.ts';
import {printable} from '../../text/printable.ts';
import type {Envelope} from './envelope.ts';

/**
 * Which of a KMS's keys a value is under, as the plugin calls it: the one thing of a rotation there that etcd shows. Undefined of all that is
 * not KMS v2. Source: keyID of EncryptedObject, k8s.io/apiserver/pkg/storage/value/encrypt/envelope/kmstypes/v2/api.proto.
 */
export function kmsKeyOf(value: Buffer, {provider, version, prefixLength}: Envelope): string | undefined {
  if (provider !== 'kms' || version !== 'v2') return undefined;
  const keyId = readFields(value, prefixLength)?.find(({number}) => number === 2);
  return keyId && printable(value.toString('utf8', keyId.start, keyId.end));
}
