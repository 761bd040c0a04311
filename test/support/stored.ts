import {createCipheriv, randomBytes} from 'node:crypto';
import {xsalsa20poly1305} from '@noble/ciphers/salsa.js';

/** Fields of protobuf as the API server writes them: number, then text, bytes, a message or a number. */
export const field = (number: number, content: string | Buffer | number): Buffer => {
  if (typeof content === 'number') return Buffer.concat([varint(number * 8), varint(content)]);
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
};
const message = (number: number, ...fields: readonly Buffer[]): Buffer => field(number, Buffer.concat(fields));

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}

export interface SecretParts {
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, string>>;
}

/** A Secret as it is stored without encryption. */
export function plainSecret(
  name: string,
  {namespace = 'shop', annotations = {}, data = {password: 's3cr3t'}}: SecretParts = {},
): Buffer {
  const entries = (number: number, map: Readonly<Record<string, string>>) =>
    Object.entries(map).map(([key, value]) => message(number, field(1, key), field(2, value)));
  const metadata = message(
    1,
    field(1, name),
    field(2, ''),
    field(3, namespace),
    field(4, ''),
    field(5, '43d75b75-4e31-4035-a538-0385efd7cd64'),
    field(6, ''),
    field(7, 0),
    message(8, field(1, 1_795_000_000), field(2, 0)),
    message(11, field(1, 'app'), field(2, 'web')),
    ...entries(12, annotations),
    message(17, field(1, 'kubectl'), field(2, 'Update'), message(7, field(1, '{"f:data":{"f:password":{}}}'))),
  );
  const object = [metadata, ...entries(2, data), field(3, 'Opaque')];
  return Buffer.concat([
    Buffer.from('k8s\0'),
    message(1, field(1, 'v1'), field(2, 'Secret')),
    message(2, ...object),
    field(3, ''),
    field(4, ''),
  ]);
}

/** 32 bytes that differ by name. */
export const keyNamed = (name: string) => ({name, secret: Buffer.alloc(32, name).toString('base64')});

/** As the API server's secretbox provider writes it. */
export function secretbox(name: string, plain: Buffer): Buffer {
  const nonce = randomBytes(24);
  const sealed = xsalsa20poly1305(Buffer.from(keyNamed(name).secret, 'base64'), nonce).encrypt(plain);
  return Buffer.concat([Buffer.from(`k8s:enc:secretbox:v1:${name}:`), nonce, sealed]);
}

export function aescbc(name: string, plain: Buffer): Buffer {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', Buffer.from(keyNamed(name).secret, 'base64'), iv);
  return Buffer.concat([Buffer.from(`k8s:enc:aescbc:v1:${name}:`), iv, cipher.update(plain), cipher.final()]);
}
