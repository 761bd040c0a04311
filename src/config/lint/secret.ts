import {MOST_BYTES} from '../create/keys.ts';
import {fromBase64} from '../read/base64.ts';
import {judgeCertificates} from './certificates.ts';
import type {Verdict} from './finding.ts';

/** The keys that a type cannot do without; of several in a group one is enough. https://kubernetes.io/docs/concepts/configuration/secret/ */
const REQUIRED: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'kubernetes.io/tls': [['tls.crt'], ['tls.key']],
  'kubernetes.io/dockerconfigjson': [['.dockerconfigjson']],
  'kubernetes.io/dockercfg': [['.dockercfg']],
  'kubernetes.io/basic-auth': [['username', 'password']],
  'kubernetes.io/ssh-auth': [['ssh-privatekey']],
  'bootstrap.kubernetes.io/token': [['token-id'], ['token-secret']],
};

export interface SecretManifest {
  readonly type?: unknown;
  readonly data?: unknown;
  readonly stringData?: unknown;
}

/** What a Secret would hold: of what is no base64, the text as it stands. */
export const valuesIn = ({data, stringData}: SecretManifest): Record<string, string> => ({
  ...decoded(fieldsOf(data)),
  ...fieldsOf(stringData),
});

/** What is wrong with a Secret as a whole, and with what its values are to one another. `now`: milliseconds since the epoch. */
export function judgeSecret(secret: SecretManifest, now: number): Verdict[] {
  const {type} = secret;
  const values = valuesIn(secret);
  const missing = (REQUIRED[String(type)] ?? []).filter((group) => !group.some((one) => Object.hasOwn(values, one)));
  return [
    ...missing.map(
      (group): Verdict => ({
        rule: 'missing-key',
        message: `a Secret of type ${type} needs ${group.join(' or ')}`,
        fix: 'add it, or leave the type out: then it is Opaque, and any keys will do',
      }),
    ),
    ...judgeCertificates(values, now),
    ...(sizeOf(secret) > MOST_BYTES
      ? [
          {
            rule: 'too-large',
            message: 'it holds more than 1 MiB, which the API refuses',
            fix: 'split it into several Secrets',
          } as const,
        ]
      : []),
  ];
}

export const fieldsOf = (value: unknown): Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, typeof one === 'string' ? one : String(one ?? '')]))
    : {};

/** Bytes of all values, as the API counts them: what is binary has more as text. */
function sizeOf({data, stringData}: SecretManifest): number {
  const sizes = {
    ...mapped(fieldsOf(data), (base64) => fromBase64(base64)?.length ?? base64.length),
    ...mapped(fieldsOf(stringData), (text) => Buffer.byteLength(text)),
  };
  return Object.values(sizes).reduce((sum, size) => sum + size, 0);
}

const decoded = (data: Readonly<Record<string, string>>): Record<string, string> =>
  mapped(data, (base64) => fromBase64(base64)?.toString('utf8') ?? base64);

const mapped = <T>(values: Readonly<Record<string, string>>, to: (value: string) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, to(value)]));
