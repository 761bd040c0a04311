import {expect, test} from 'vitest';
import {certificateWarnings} from '../../../src/config/change/certificate-warnings.ts';
import {checkValues} from '../../../src/config/change/check.ts';
import type {ConfigObject} from '../../../src/config/create/object.ts';
import {createAuthority} from '../../../src/lab/embedded/certificates.ts';

const now = Date.parse('2026-11-25T00:00:00Z');
const YEAR = 365 * 24 * 3_600_000;
const values = (texts: Readonly<Record<string, string>>) =>
  new Map(Object.entries({...texts, blob: '\0'}).map(([key, text]) => [key, Buffer.from(text)]));

test('a certificate that is over is warned of where it comes in, not where it was already', async () => {
  const [old, other] = await Promise.all([createAuthority('ca', now - 11 * YEAR), createAuthority('ca', now)]);
  const over = values({'tls.crt': old.certificate, 'tls.key': old.key});
  expect(certificateWarnings(new Map(), over, now)).toEqual(['the certificate in tls.crt expired 362d ago, on 2025-11-28']);
  expect(certificateWarnings(over, over, now)).toEqual([]);
  expect(certificateWarnings(over, values({'tls.crt': old.certificate, 'tls.key': other.key}), now)).toEqual([
    'tls.key is not the key of tls.crt',
  ]);
  expect(certificateWarnings(over, values({'tls.crt': other.certificate, 'tls.key': other.key}), now)).toEqual([]);
});

test('one half of a pair alone is not renewed, and the way to renew both is told', async () => {
  const [ours, theirs] = await Promise.all([createAuthority('ca', now), createAuthority('ca', now)]);
  const object = {kind: 'Secret', type: 'kubernetes.io/tls', metadata: {name: 'web', namespace: 'shop'}} as ConfigObject;
  const pair = (certificate: string, key: string) =>
    new Map(Object.entries({'tls.crt': Buffer.from(certificate), 'tls.key': Buffer.from(key)}));
  const before = pair(ours.certificate, ours.key);
  const next = 'renew both at once: kops secret create tls web --cert FILE --key FILE --if-exists replace -n shop';
  for (const half of [pair(theirs.certificate, ours.key), pair(ours.certificate, theirs.key)])
    expect(() => checkValues(object, before, half)).toThrow(
      expect.objectContaining({message: 'tls.key is not the private key of tls.crt', next, exitCode: 2}),
    );
  expect(() => checkValues(object, before, pair(theirs.certificate, theirs.key))).not.toThrow();
});
