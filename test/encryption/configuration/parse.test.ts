import {expect, test} from 'vitest';
import {
  hashOf,
  parseConfiguration,
  renderConfiguration,
  writeKeyOf,
} from '../../../src/encryption/configuration/configuration.ts';
import {Problem} from '../../../src/problem.ts';
import {configurationOf, oddNames, ruleOf, secretbox} from '../../support/encryption-configurations.ts';
import {verdicts} from '../../support/encryption-vectors.ts';

/** The API server ignores all behind the first document; kops would lose it with the next change. */
const stricter = ['a second document'];

const problemOf = (text: string): Problem | undefined => {
  try {
    parseConfiguration(text, 'encryption.yaml');
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
};

const accepted = verdicts.filter(({name, error}) => error === undefined && !stricter.includes(name));
const refused = verdicts.filter(({name, error}) => error !== undefined || stricter.includes(name));

test('there are verdicts of both sorts', () => {
  expect(accepted.length).toBeGreaterThan(35);
  expect(refused.length).toBeGreaterThan(60);
});

test.each(accepted)('what the API server accepts is accepted: $name', ({text}) => {
  expect(problemOf(text)?.why).toBeUndefined();
});

test.each(accepted.filter(({writes}) => writes))('what is written is what the API server writes: $name', ({text, writes}) => {
  const configuration = parseConfiguration(text, 'encryption.yaml');
  const own = Object.keys(writes ?? {}).map((resource) => {
    const {provider = 'identity', keyName} = writeKeyOf(configuration, resource) ?? {};
    const version = provider.startsWith('kms') ? '' : ':v1';
    return [resource, provider === 'identity' ? '' : `k8s:enc:${provider.replace(' ', ':')}${version}:${keyName}:`];
  });
  // The recording cuts a prefix at the fifth colon, wherever that is.
  expect(
    Object.fromEntries(
      own.map(([resource = '', prefix = '']) => [resource, prefix.split(':').slice(0, 5).join(':').replace(/.$/, '$&:')]),
    ),
  ).toEqual(writes);
});

test.each(refused)('what the API server refuses is refused: $name', ({text}) => {
  expect(problemOf(text)).toMatchObject({exitCode: 2});
});

test('every flaw is told in its own words, with its line', () => {
  const lines = refused.map(({name, text}) => `${name}\n    ${problemOf(text)?.why?.replaceAll('\n', '\n    ')}`);
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "the lecture as it stands in the notes
        line 5: a tab indents it, and YAML takes nothing but spaces
    the lecture with its placeholder
        line 10: resources[0].providers[0].aescbc.keys[0].secret is a placeholder: head -c 32 /dev/urandom | base64 makes what belongs there
    kind stands twice
        line 3: kind stands there for the second time
    providers are indented under the resources
        line 5: this or the next line is indented too far, or a value with a colon needs quotes
    the legacy kind under the new group
        line 2: kind must be EncryptionConfiguration
    the new kind under v1
        line 1: apiVersion must be apiserver.config.k8s.io/v1
    an AES key of 31 bytes
        line 10: resources[0].providers[0].aescbc.keys[0].secret is 31 bytes long: aescbc takes 16, 24 or 32
    an AES key of 33 bytes
        line 10: resources[0].providers[0].aesgcm.keys[0].secret is 33 bytes long: aesgcm takes 16, 24 or 32
    a secretbox key of 16 bytes
        line 10: resources[0].providers[0].secretbox.keys[0].secret is 16 bytes long: secretbox takes 32
    a secret that is not base64
        line 10: resources[0].providers[0].secretbox.keys[0].secret is not base64
    base64 without its padding
        line 10: resources[0].providers[0].secretbox.keys[0].secret is not base64
    base64 of the URL alphabet
        line 10: resources[0].providers[0].secretbox.keys[0].secret is not base64
    base64 with a space in it
        line 10: resources[0].providers[0].secretbox.keys[0].secret is not base64
    a key without a name
        line 9: resources[0].providers[0].secretbox.keys[0].name is missing
    a key without a secret
        line 9: resources[0].providers[0].secretbox.keys[0].secret is missing
    a provider without keys
        line 8: resources[0].providers[0].secretbox.keys needs at least one key
    a provider whose keys are null
        line 8: resources[0].providers[0].secretbox.keys needs at least one key
    a provider that is null
        line 7: resources[0].providers[0] names no provider: aesgcm, aescbc, secretbox, identity, kms
    keys are a mapping
        line 8: resources[0].providers[0].secretbox.keys must be a list
    two providers in one element
        line 7: resources[0].providers[0] holds secretbox and identity: each provider is a list item (-) of its own
    a provider nobody knows
        line 7: resources[0].providers[0].chacha20 is no field that the API server knows: there can be aesgcm, aescbc, secretbox, identity, kms
    a provider with capitals
        line 7: resources[0].providers[0].aesCBC is no field that the API server knows: it is written aescbc
    a field nobody knows
        line 11: resources[0].providers[0].secretbox.keys[0].note is no field that the API server knows: there can be name, secret
    an unknown field at the top
        line 11: metadata is no field that the API server knows: there can be apiVersion, kind, resources
    a field in identity
        line 7: resources[0].providers[0].identity.plain is no field that the API server knows: nothing goes in there
    identity without braces
        line 7: resources[0].providers[0] names no provider: aesgcm, aescbc, secretbox, identity, kms
    identity as a string
        line 7: resources[0].providers[0].identity must be a mapping
    a key name of digits, bare
        line 9: resources[0].providers[0].secretbox.keys[0].name must be a string, and YAML takes it for a number: put it in quotes
    a key name that YAML takes for a boolean
        line 9: resources[0].providers[0].secretbox.keys[0].name must be a string, and YAML takes it for a boolean: put it in quotes
    a key name of the letter y
        line 9: resources[0].providers[0].secretbox.keys[0].name must be a string, and YAML takes it for a boolean: put it in quotes
    a key name of octal digits
        line 9: resources[0].providers[0].secretbox.keys[0].name must be a string, and YAML takes it for a number: put it in quotes
    a resource that is a number
        line 5: resources[0].resources[0] must be a string, and YAML takes it for a number: put it in quotes
    no resources in a rule
        line 4: resources[0].resources needs at least one resource
    no providers in a rule
        line 4: resources[0].providers needs at least one provider
    empty providers
        line 5: resources[0].providers needs at least one provider
    no rules
        line 3: resources needs at least one rule
    no field resources
        line 1: resources needs at least one rule
    resources is a mapping
        line 3: resources must be a list
    a rule that is null
        line 4: resources[0].resources needs at least one resource
        line 4: resources[0].providers needs at least one provider
    no apiVersion
        line 1: apiVersion is missing: it must be apiserver.config.k8s.io/v1
    no kind
        line 1: kind is missing: it must be EncryptionConfiguration
    another apiVersion
        line 1: apiVersion must be apiserver.config.k8s.io/v1
    another kind
        line 1: resources needs at least one rule
        line 2: kind must be EncryptionConfiguration
    a list
        line 1: it must be a mapping with apiVersion, kind and resources
    a string
        line 1: it must be a mapping with apiVersion, kind and resources
    only a comment
        there is nothing but comments in it
    a second document
        it holds more than one document, and Kubernetes reads only the first
    JSON with a comma too many
        it begins like JSON, with {, and is not valid JSON
    a merge key
        line 11: resources[1].<< is no field that the API server knows: there can be resources, providers
        line 11: resources[1].providers needs at least one provider
    an alias without an anchor
        an alias in it has no anchor before it, or aliases multiply
    a bare star
        line 5: resources[0].resources[0] must not be a bare '*': the core group is '*.', and everything is '*.*'
    a resource across groups
        line 5: resources[0].resources[0] is secrets.*: one resource across all groups is not possible
    capitals in a resource
        line 5: resources[0].resources[0] has capital letters: it is written secrets
    events of events.k8s.io
        line 5: resources[0].resources[0] must be events: they are stored in the core group
    the group extensions
        line 5: resources[0].resources[0] is of the group extensions, which the API no longer has
    a resource without an API
        line 5: resources[0].resources[0] is serviceipallocations, which has no API and cannot be encrypted
    a resource twice in a rule
        line 6: resources[0].resources[1] stands in this rule for the second time
    a resource twice in a rule, spelt in two ways
        line 6: resources[0].resources[1] stands in this rule for the second time
    a resource and its group in a rule
        line 5: resources[0].resources[0] is covered by *. in the same rule, which the API server refuses
    everything and something in a rule
        line 6: resources[0].resources[1] is covered by *.* in the same rule, which the API server refuses
    something and everything in a rule
        line 5: resources[0].resources[0] is covered by *.* in the same rule, which the API server refuses
    a wildcard before what it covers
        line 12: resources[1].resources[0] would never take effect behind *. of an earlier rule: put it before that
    everything before a group
        line 12: resources[1].resources[0] would never take effect behind *.* of an earlier rule: put it before that
    everything twice
        line 12: resources[1].resources[0] would never take effect behind *.* of an earlier rule: put it before that
    a group twice
        line 12: resources[1].resources[0] would never take effect behind *.apps of an earlier rule: put it before that
    a KMS v3
        line 8: resources[0].providers[0].kms.apiVersion must be v1 or v2
    a KMS v2 with a cache size
        line 11: resources[0].providers[0].kms.cachesize is not supported in v2
    a KMS v1 with a cache size of 0
        line 11: resources[0].providers[0].kms.cachesize must be positive, or negative to switch the cache off
    a KMS v1 with a cache size of half
        line 11: resources[0].providers[0].kms.cachesize must be a whole number
    a KMS without a name
        line 7: resources[0].providers[0].kms.name is missing
    a KMS v2 with a colon in its name
        line 9: resources[0].providers[0].kms.name must not contain ':'
    a KMS without an endpoint
        line 7: resources[0].providers[0].kms.endpoint is missing
    a KMS over the network
        line 10: resources[0].providers[0].kms.endpoint must be a socket of the node: unix:///PATH
    a KMS endpoint that is a bare path
        line 10: resources[0].providers[0].kms.endpoint must be a socket of the node: unix:///PATH
    a KMS with a timeout of 0
        line 11: resources[0].providers[0].kms.timeout must be a positive duration like 3s
    a KMS with a negative timeout
        line 11: resources[0].providers[0].kms.timeout must be a positive duration like 3s
    a KMS with a timeout in words
        line 11: resources[0].providers[0].kms.timeout must be a positive duration like 3s
    a KMS with a timeout without a unit
        line 11: resources[0].providers[0].kms.timeout must be a positive duration like 3s
    a KMS with a timeout that is a number
        line 11: resources[0].providers[0].kms.timeout must be a string, and YAML takes it for a number: put it in quotes
    two KMS of one name
        line 16: resources[1].providers[0].kms.name vault is the name of another KMS provider of this file
    an unknown field of a KMS
        line 11: resources[0].providers[0].kms.pandas is no field that the API server knows: there can be apiVersion, name, cachesize, endpoint, timeout"
  `);
});

test.each(verdicts)('no error quotes a key: $name', ({text}) => {
  const {message = '', why = '', next = ''} = problemOf(text) ?? {};
  const secrets = [...text.matchAll(/secret['"]?: ?['"]?([\w+/!-]{6,}=*)/g)].map(([, secret = '']) => secret);
  for (const secret of secrets) expect(`${message}\n${why}\n${next}`).not.toContain(secret);
});

test.each(verdicts)('the hash of a file is what the API server reports: $name', ({text, hash}) => {
  expect(hashOf(Buffer.from(text))).toBe(hash);
});

test('all flaws are named at once', () => {
  const text = `apiVersion: v1
kind: Secret
resources:
- resources: [Secrets, '*']
  providers:
  - aescbc: {keys: [{name: '', secret: '!'}, {nmae: a}]}
`;
  expect(problemOf(text)?.why).toMatchInlineSnapshot(`
    "line 1: apiVersion must be apiserver.config.k8s.io/v1
    line 2: kind must be EncryptionConfiguration
    line 4: resources[0].resources[0] has capital letters: it is written secrets
    line 4: resources[0].resources[1] must not be a bare '*': the core group is '*.', and everything is '*.*'
    line 6: resources[0].providers[0].aescbc.keys[0].name is missing
    line 6: resources[0].providers[0].aescbc.keys[0].secret is not base64
    line 6: resources[0].providers[0].aescbc.keys[1].nmae is no field that the API server knows: there can be name, secret
    line 6: resources[0].providers[0].aescbc.keys[1].name is missing
    line 6: resources[0].providers[0].aescbc.keys[1].secret is missing"
  `);
});

test.each([
  ['a byte order mark', '\ufeff'],
  ['comments', '# made by hand\n'],
])('%s in front does not matter', (_case, before) => {
  const text = verdicts.find(({name}) => name === 'the lecture, mended')?.text ?? '';
  expect(parseConfiguration(before + text, 'x')).toEqual(parseConfiguration(text, 'x'));
});

test('line breaks of Windows do not matter', () => {
  const text = verdicts.find(({name}) => name === 'the lecture, mended')?.text ?? '';
  expect(parseConfiguration(text.replaceAll('\n', '\r\n'), 'x')).toEqual(parseConfiguration(text, 'x'));
});

test('an empty file is told apart from a wrong one', () => {
  expect(problemOf('')).toMatchObject({message: 'encryption.yaml cannot be read', why: 'it is empty'});
});

test('names that YAML takes for something else are rendered so that the API server reads them as names', () => {
  const verdict = verdicts.find(({name}) => name === 'odd names of keys, as kops renders them');
  const configuration = configurationOf(ruleOf('secrets', secretbox(...oddNames)));
  expect(renderConfiguration(configuration)).toBe(verdict?.text);
  expect(verdict?.error).toBeUndefined();
  expect(parseConfiguration(verdict?.text ?? '', 'x')).toEqual(configuration);
});
