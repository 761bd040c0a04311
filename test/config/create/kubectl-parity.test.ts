import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {localInputs} from '../../../src/cli/local-inputs.ts';
import {registryLogin} from '../../../src/cli/registry-login.ts';
import {gather, type Inputs} from '../../../src/config/create/gather.ts';
import {buildObject, type ConfigObject} from '../../../src/config/create/object.ts';
import {checkTls, DOCKER_CONFIG_KEY, SecretType, tlsSources} from '../../../src/config/create/secret-types.ts';
import {parseSources} from '../../../src/config/create/sources.ts';
import {Problem} from '../../../src/problem.ts';
import {CREATE_ENVIRONMENT, createCases} from '../../support/create-cases.ts';
import {layCreateFiles} from '../../support/create-files.ts';

const {kubectl, objects} = JSON.parse(await readFile(new URL('../../fixtures/create/kubectl.json', import.meta.url), 'utf8')) as {
  kubectl: string;
  objects: Record<string, object | null>;
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kops-create-'));
  await layCreateFiles(folder);
});
afterAll(() => rm(folder, {recursive: true}));

/** The files of this machine, seen from the folder. */
function inputs(): Inputs {
  const local = localInputs(new AbortController().signal);
  const at = (path: string) => `${folder}/${path}`;
  return {
    ...local,
    environment: CREATE_ENVIRONMENT,
    isDirectory: (path) => local.isDirectory(at(path)),
    list: (path) => local.list(at(path)),
    read: (path, limit) => local.read(at(path), limit),
  };
}

/** What kops makes of words that were given to kubectl. */
async function make([resource, ...words]: readonly string[]): Promise<ConfigObject> {
  const kind = resource === 'secret' ? 'Secret' : 'ConfigMap';
  const [sort = '', name = ''] = kind === 'Secret' ? words : ['', ...words];
  const all = (flag: string) => words.flatMap((word) => (word.startsWith(`--${flag}=`) ? [word.slice(flag.length + 3)] : []));
  const one = (flag: string) => all(flag)[0];
  const some = (flag: string) => (all(flag).length > 0 ? all(flag) : undefined);
  const type = sort === 'tls' ? SecretType.tls : sort === 'docker-registry' ? SecretType.dockerConfigJson : one('type');
  const login =
    sort === 'docker-registry'
      ? registryLogin({
          'docker-server': one('docker-server'),
          'docker-username': one('docker-username'),
          'docker-password': one('docker-password'),
          'docker-email': one('docker-email'),
          'from-file': some('from-file'),
        })
      : undefined;
  const sources = [
    ...(sort === 'tls' ? tlsSources(one('cert') ?? '', one('key') ?? '') : []),
    ...parseSources({fromLiteral: all('from-literal'), fromFile: all('from-file'), fromEnvFile: all('from-env-file')}),
  ];
  const {entries} = await gather(sources, inputs(), {defaultKey: sort === 'docker-registry' ? DOCKER_CONFIG_KEY : undefined});
  if (sort === 'tls') checkTls(entries);
  const draft = {kind, name, type, namespace: one('namespace'), appendHash: words.includes('--append-hash')} as const;
  return buildObject(draft, [...entries, ...((await login?.(inputs())) ?? [])]);
}

/** Any order of keys, and names like `__proto__` as well. */
const comparable = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.entries(value)
        .map(([key, item]) => [key, comparable(item)])
        .sort()
    : value;

test('what kubectl made is recorded, with its version', () => {
  expect(kubectl).toMatch(/^v1\.\d+\.\d+$/);
  expect(Object.keys(objects)).toEqual(createCases.map(({title}) => title));
  expect(createCases.filter(({title, unlike}) => objects[title] && !unlike).length).toBeGreaterThanOrEqual(60);
});

test.each(createCases.filter(({title, unlike}) => objects[title] && !unlike))(
  'as kubectl makes it: $title',
  async ({title, args}) => {
    expect(comparable(await make(args))).toEqual(comparable(objects[title]));
  },
);

test.each(createCases.filter(({title}) => !objects[title]))('kops refuses what kubectl refuses: $title', async ({args}) => {
  await expect(make(args)).rejects.toThrow(Problem);
  await expect(make(args)).rejects.toMatchObject({exitCode: 2, why: expect.any(String)});
});

test.each(createCases.filter(({unlike}) => unlike === 'refuses'))(
  'kops refuses what kubectl takes: $title',
  async ({title, args}) => {
    expect(objects[title]).not.toBeNull();
    await expect(make(args)).rejects.toMatchObject({exitCode: 2, why: expect.any(String), next: expect.any(String)});
  },
);

test.each(createCases.filter(({unlike}) => unlike === 'keeps more'))(
  'kops keeps what kubectl drops: $title',
  async ({title, args}) => {
    const keys = ({data = {}}: {data?: object}) => Object.keys(data);
    expect(keys(objects[title] ?? {})).toEqual(['A']);
    expect(keys(await make(args))).toEqual(['A', 'B', 'C']);
  },
);
