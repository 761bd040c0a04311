import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {hashOf, parseConfiguration, writeKeyOf} from '../../src/encryption/configuration/configuration.ts';
import {keysOf} from '../../src/encryption/configuration/coverage.ts';
import {type GenerateOptions, generateCommands, generateConfiguration} from '../../src/encryption/generate.ts';
import {placeWarnings, writeKeyFile} from '../../src/encryption/key-file.ts';
import {renderGenerated} from '../../src/encryption/view/generate.ts';
import {Problem} from '../../src/problem.ts';
import {screen} from '../support/pictures.ts';
import {runKops, start} from '../support/process.ts';

const generated = (options: Partial<GenerateOptions> = {}) =>
  generateConfiguration({
    provider: 'secretbox',
    resources: ['secrets'],
    keyName: undefined,
    kmsEndpoint: undefined,
    now: new Date('2026-11-23T10:00:00Z'),
    random: (bytes) => Buffer.alloc(bytes, 'k'),
    ...options,
  });

describe('what is generated', () => {
  test('by default is secretbox, with a key named after the day, for secrets, and reads plaintext', () => {
    expect(generated().text).toMatchInlineSnapshot(`
      "apiVersion: apiserver.config.k8s.io/v1
      kind: EncryptionConfiguration
      resources:
        - resources:
            - secrets
          providers:
            - secretbox:
                keys:
                  - name: key-20261123-1
                    secret: a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=
            - identity: {}
      "
    `);
  });

  test("is the lecture's, where it is asked for", () => {
    expect(generated({provider: 'aescbc', keyName: 'key1'}).text).toMatchInlineSnapshot(`
      "apiVersion: apiserver.config.k8s.io/v1
      kind: EncryptionConfiguration
      resources:
        - resources:
            - secrets
          providers:
            - aescbc:
                keys:
                  - name: key1
                    secret: a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=
            - identity: {}
      "
    `);
  });

  test('for a KMS holds no key', () => {
    const {text, report} = generated({provider: 'kms', kmsEndpoint: 'unix:///run/kms/plugin.sock'});
    expect(text).toMatchInlineSnapshot(`
      "apiVersion: apiserver.config.k8s.io/v1
      kind: EncryptionConfiguration
      resources:
        - resources:
            - secrets
          providers:
            - kms:
                apiVersion: v2
                name: kms
                endpoint: unix:///run/kms/plugin.sock
                timeout: 3s
            - identity: {}
      "
    `);
    expect(report.notes).toEqual([
      'the plugin must run on every control-plane node, at unix:///run/kms/plugin.sock, before setup',
    ]);
  });

  test.each([
    ['secretbox', {}],
    ['aescbc', {keyName: 'key1'}],
    ['aesgcm', {resources: ['secrets', 'configmaps', 'widgets.example.com']}],
    ['kms', {kmsEndpoint: 'unix:///run/kms.sock', keyName: 'vault'}],
    ['secretbox', {resources: ['*.*', 'secrets', '*.apps']}],
  ] as const)('with %s is what an API server starts with, and writes with that key: %j', (provider, more) => {
    const {text, report} = generated({provider, ...more});
    const configuration = parseConfiguration(text, 'x');
    expect(hashOf(Buffer.from(text))).toBe(report.configHash);
    for (const resource of report.resources) {
      expect(writeKeyOf(configuration, resource)).toEqual({
        provider: provider === 'kms' ? 'kms v2' : provider,
        keyName: report.keyName,
      });
    }
  });

  test('has 32 bytes of the randomness that it is given', () => {
    expect(generated({random: (bytes) => Buffer.alloc(bytes, 7)}).text).toContain(Buffer.alloc(32, 7).toString('base64'));
  });

  test.each([
    ['no resources', {resources: []}, '--resources names nothing'],
    ['capitals', {resources: ['Secrets']}, 'an entry has capital letters: it is written secrets'],
    ['the singular', {resources: ['secret']}, 'did you mean secrets?'],
    ['a slip', {resources: ['confimaps']}, 'did you mean configmaps?'],
    ['a bare star', {resources: ['*']}, "the core group is '*.', and everything is '*.*'"],
    ['no name at all', {resources: ['a b']}, 'is not the name of a resource'],
    ['a KMS without its socket', {provider: 'kms'}, '--provider kms needs --kms-endpoint'],
    ['a KMS over the network', {provider: 'kms', kmsEndpoint: 'https://kms'}, 'it must be a socket of the node'],
    ...['unix://', 'unix:///', 'unix://plugin.sock', 'unix:plugin.sock', 'unix:///run/kms/'].map(
      (kmsEndpoint) =>
        [`the socket ${kmsEndpoint}`, {provider: 'kms', kmsEndpoint}, `--kms-endpoint cannot be ${kmsEndpoint}`] as const,
    ),
    ['a socket without a KMS', {kmsEndpoint: 'unix:///x'}, '--kms-endpoint is for --provider kms'],
  ] as const)('is nothing where there is %s', (_case, options, told) => {
    try {
      generated(options);
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      expect(`${error.message}\n${error.why}`).toContain(told);
      expect(error.exitCode).toBe(2);
    }
  });
});

test('the report is told in a few lines, and never holds the key', () => {
  const {report, text} = generated();
  const [secret = ''] = /(?<=secret: ).*/.exec(text) ?? [];
  const warnings = ['/srv/git is a git work tree: never commit this file'];
  const told = renderGenerated({...report, file: '/srv/git/my keys.yaml', warnings}, screen());
  expect(told).toMatchInlineSnapshot(`
    "✓ /srv/git/my keys.yaml  EncryptionConfiguration, 0600
      key       key-20261123-1 (32 random bytes)
      encrypts  secrets
      provider  secretbox: it also proves that nobody changed a value, one key is
                good for any number of writes, and no other service must run
      next      kops encrypt-at-rest setup --config '/srv/git/my keys.yaml'
      backup    keep a copy apart from the backups of etcd: without it nothing opens
      ⚠ /srv/git is a git work tree: never commit this file"
  `);
  expect(
    renderGenerated(generated({provider: 'kms', kmsEndpoint: 'unix:///run/kms.sock'}).report, screen()),
  ).toMatchInlineSnapshot(`
    "✓ EncryptionConfiguration
      key       kms (held by the KMS)
      encrypts  secrets
      provider  kms: the key that protects all others never is on the control plane,
                so that neither a stolen disk nor a backup opens anything
      needs     the plugin must run on every control-plane node, at
                unix:///run/kms.sock, before setup"
  `);
  expect(told + JSON.stringify(report)).not.toContain(secret);
});

describe('the commands that do the same', () => {
  const commands = (options: Partial<Parameters<typeof generateCommands>[0]>, file?: string) =>
    generateCommands(
      {provider: 'secretbox', resources: ['secrets'], keyName: 'a$b`c', kmsEndpoint: undefined, now: new Date(), ...options},
      file,
    );

  test.each([
    ['one key', {}],
    ['one key in several rules', {resources: ['secrets', '*.apps', '*.*']}],
    ['a KMS', {provider: 'kms', keyName: 'vault', kmsEndpoint: 'unix:///run/kms.sock'}],
  ] as const)('make in a shell what kops makes: %s', async (_case, options) => {
    const {stdout} = await start('sh', ['-c', commands(options).join('\n')]).ended;
    const made = parseConfiguration(stdout, 'sh');
    const keys = keysOf(made).map(({key}) => key.secret);
    expect(new Set(keys).size).toBe(keys.length === 0 ? 0 : 1);
    const secret = Buffer.from(keys[0] ?? '', 'base64');
    expect(secret).not.toEqual(Buffer.alloc(32));
    const {text} = generated({keyName: 'a$b`c', ...options, random: () => secret});
    expect(stdout).toBe(text);
  });

  test('write a file that its owner alone can read', () => {
    expect(commands({keyName: 'key1'}, 'my keys.yaml').join('\n')).toMatchInlineSnapshot(`
      "KEY=$(head -c 32 /dev/urandom | base64)
      (umask 077; cat > 'my keys.yaml' <<EOF
      apiVersion: apiserver.config.k8s.io/v1
      kind: EncryptionConfiguration
      resources:
        - resources:
            - secrets
          providers:
            - secretbox:
                keys:
                  - name: key1
                    secret: $KEY
            - identity: {}
      EOF
      )"
    `);
  });
});

describe('the file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kops-generate-'));
  });
  afterEach(() => rmSync(folder, {recursive: true}));
  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

  test('is readable by its owner alone, whatever the umask says', async () => {
    const before = process.umask(0);
    await writeKeyFile(join(folder, 'enc.yaml'), 'x', {overwrite: false}).finally(() => process.umask(before));
    expect(modeOf(join(folder, 'enc.yaml'))).toBe('600');
    expect(readdirSync(folder)).toEqual(['enc.yaml']);
  });

  test('never takes the place of another that nobody said may go', async () => {
    const path = join(folder, 'enc.yaml');
    writeFileSync(path, 'old', {mode: 0o644});
    await expect(writeKeyFile(path, 'new', {overwrite: false})).rejects.toMatchObject({why: 'there is something of that name'});
    expect(readFileSync(path, 'utf8')).toBe('old');
    await writeKeyFile(path, 'new', {overwrite: true});
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(modeOf(path)).toBe('600');
    expect(readdirSync(folder)).toEqual(['enc.yaml']);
  });

  test.each([
    ['a folder that is not there', (path: string) => join(path, 'gone', 'enc.yaml'), 'its folder does not exist'],
    ['a folder', (path: string) => path, 'there is something of that name'],
    ['a link to somewhere', (path: string) => join(path, 'link'), 'there is something of that name'],
  ])('is not written to %s', async (_case, where, why) => {
    symlinkSync('/dev/null', join(folder, 'link'));
    await expect(writeKeyFile(where(folder), 'x', {overwrite: false})).rejects.toMatchObject({why, exitCode: 2});
    expect(readdirSync(folder)).toEqual(['link']);
  });

  test.each([
    ['for its owner alone', 0o700, []],
    ['readable for all', 0o755, ['everybody may see that it is there: FOLDER is readable for all']],
    ['writable for all', 0o777, ['everybody may put another file in its place: FOLDER is writable for all']],
    ['writable for all like /tmp', 0o1777, []],
  ])('in a folder %s', async (_case, mode, warnings) => {
    chmodSync(folder, mode);
    expect(await placeWarnings(join(folder, 'enc.yaml'))).toEqual(warnings.map((warning) => warning.replace('FOLDER', folder)));
  });

  test('deep in a git work tree, or in one of a repository elsewhere', async () => {
    mkdirSync(join(folder, 'a/b'), {recursive: true, mode: 0o700});
    mkdirSync(join(folder, '.git'));
    expect(await placeWarnings(join(folder, 'a/b/enc.yaml'))).toEqual([`${folder} is a git work tree: never commit this file`]);
    writeFileSync(join(folder, 'a/.git'), 'gitdir: /elsewhere');
    expect(await placeWarnings(join(folder, 'a/b/enc.yaml'))).toEqual([
      `${join(folder, 'a')} is a git work tree: never commit this file`,
    ]);
  });

  describe('of the command', {timeout: 60_000}, () => {
    const generate = (...args: readonly string[]) => runKops(['encrypt-at-rest', 'generate', ...args], {cwd: folder});

    test('is standard output, and nothing else is there', async () => {
      const {code, stdout, stderr} = await generate();
      expect(code).toBe(0);
      expect(writeKeyOf(parseConfiguration(stdout, 'stdout'), 'secrets')).toMatchObject({provider: 'secretbox'});
      expect(stderr).toContain('secretbox: ');
      expect(readdirSync(folder)).toEqual([]);
    });

    test('is another one each time', async () => {
      const [one, other] = await Promise.all([generate(), generate()]);
      expect(one.stdout).not.toBe(other.stdout);
    });

    test('is not overwritten without being asked for, and then it is', async () => {
      const path = join(folder, 'enc.yaml');
      expect(await generate('--out', 'enc.yaml', '--key-name', 'key1')).toMatchObject({code: 0});
      const first = readFileSync(path, 'utf8');
      const again = await generate('--out', 'enc.yaml');
      expect(again.code).toBe(2);
      expect(again.stderr).toContain('add --yes');
      expect(readFileSync(path, 'utf8')).toBe(first);
      const {code, stdout} = await generate('--out', 'enc.yaml', '--yes', '-o', 'json');
      const report = JSON.parse(stdout);
      expect({code, ...report}).toMatchObject({code: 0, apiVersion: 'kops/v1', kind: 'GeneratedConfiguration', file: 'enc.yaml'});
      const text = readFileSync(path, 'utf8');
      expect(report.configHash).toBe(hashOf(Buffer.from(text)));
      expect(stdout).not.toContain(/(?<=secret: ).*/.exec(text)?.[0] ?? 'no secret');
    });

    test.each([
      ['a report without a file would lose the key', ['-o', 'json'], '--out FILE'],
      ['a key name with a colon', ['--key-name', 'a:b'], '--key-name cannot be a:b'],
      ['a provider nobody knows', ['--provider', 'rot13'], '--provider cannot be rot13'],
    ])('is not written: %s', async (_case, args, told) => {
      const {code, stdout, stderr} = await generate(...args);
      expect({code, stdout}).toEqual({code: 2, stdout: ''});
      expect(stderr).toContain(told);
      expect(existsSync(join(folder, 'enc.yaml'))).toBe(false);
    });
  });
});
