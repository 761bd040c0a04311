import {MOST_BYTES} from '../create/keys.ts';
import {fromBase64} from '../read/base64.ts';
import {belongTogether} from '../read/certificate.ts';
import {valueAt} from '../read/decode.ts';
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

/** What is wrong with a Secret as a whole, whatever its single values are. */
export function judgeSecret({type, data, stringData}: SecretManifest): Verdict[] {
  const values = {...decoded(fieldsOf(data)), ...fieldsOf(stringData)};
  const [certificate, key] = [valueAt(values, 'tls.crt'), valueAt(values, 'tls.key')];
  const size = Object.values(values).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  const missing = (REQUIRED[String(type)] ?? []).filter((group) => !group.some((one) => Object.hasOwn(values, one)));
  return [
    ...missing.map(
      (group): Verdict => ({
        rule: 'missing-key',
        message: `a Secret of type ${type} needs ${group.join(' or ')}`,
        fix: 'add it, or leave the type out: then it is Opaque, and any keys will do',
      }),
    ),
    ...(certificate !== undefined && key !== undefined && belongTogether(certificate, key) === false
      ? [
          {
            rule: 'key-mismatch',
            message: 'tls.key is not the key of tls.crt',
            fix: 'put in the two files that belong together',
          } as const,
        ]
      : []),
    ...(size > MOST_BYTES
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

const decoded = (data: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(data).map(([key, base64]) => [key, fromBase64(base64)?.toString('utf8') ?? base64]));
