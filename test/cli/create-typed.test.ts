import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Config} from '@oclif/core';
import {afterAll, beforeAll, expect, onTestFinished, test, vi} from 'vitest';
import BasicAuth from '../../commands/secret/create/basic-auth.ts';
import DockerRegistry from '../../commands/secret/create/docker-registry.ts';
import ServiceAccountToken from '../../commands/secret/create/service-account-token.ts';
import SshAuth from '../../commands/secret/create/ssh-auth.ts';
import Tls from '../../commands/secret/create/tls.ts';
import {createCases} from '../support/create-cases.ts';
import {layCreateFiles} from '../support/create-files.ts';

const commands = {
  'basic-auth': BasicAuth,
  'docker-registry': DockerRegistry,
  'service-account-token': ServiceAccountToken,
  'ssh-auth': SshAuth,
  tls: Tls,
};
type Type = keyof typeof commands;

const {objects} = JSON.parse(await readFile(new URL('../fixtures/create/kubectl.json', import.meta.url), 'utf8')) as {
  objects: Record<string, object | null>;
};

let folder: string;
let config: Config;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kops-create-'));
  await layCreateFiles(folder);
  config = await Config.load(fileURLToPath(new URL('../..', import.meta.url)));
});
afterAll(() => rm(folder, {recursive: true}));

/** The object that `kops secret create TYPE app` prints, by its own flags; files are those of the folder. */
async function made(type: Type, words: readonly string[]): Promise<unknown> {
  const Command = commands[type];
  const log = vi.spyOn(Command.prototype, 'log').mockImplementation(() => {});
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const listeners = signals.map((signal) => process.listeners(signal));
  onTestFinished(() => {
    for (const spy of [log, stderr]) spy.mockRestore();
    for (const [i, signal] of signals.entries())
      for (const one of process.listeners(signal)) if (!listeners[i]?.includes(one)) process.off(signal, one);
  });
  const inFolder = words.map((word) => word.replace(/^(--(?:cert|key|from-file|ssh-privatekey)=(?:.*=)?)/, `$1${folder}/`));
  await Command.run(['app', ...inFolder, '--dry-run=client', '-o', 'json'], config);
  return JSON.parse(String(log.mock.lastCall?.[0]));
}

const typed = createCases.flatMap(({title, args: [, type = '', , ...words], unlike}) =>
  type in commands && !unlike ? [{title, type: type as Type, words}] : [],
);

test.each(typed)('the command makes what kubectl makes, or refuses with it: $title', async ({title, type, words}) => {
  const wanted = objects[title];
  if (wanted) expect(await made(type, words)).toEqual(wanted);
  else await expect(made(type, words)).rejects.toMatchObject({exitCode: 2});
});

test.each([
  ['basic-auth', ['--username=ci', '--from-literal=password=p'], 'secret: basic-auth'],
  ['ssh-auth', ['--ssh-privatekey=pem/ed25519.key'], 'secret: ssh-auth'],
] as const)('%s is what kubectl makes of the type', async (type, words, title) => {
  expect(await made(type, words)).toEqual(objects[title]);
});

test('a token names its account', async () => {
  expect(await made('service-account-token', ['--service-account=ci'])).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/service-account-token',
    metadata: {name: 'app', annotations: {'kubernetes.io/service-account.name': 'ci'}},
  });
});
