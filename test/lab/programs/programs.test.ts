import {execFileSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {afterAll, beforeEach, describe, expect, test} from 'vitest';
import {platformOf} from '../../../src/lab/programs/cache.ts';
import {PROGRAMS} from '../../../src/lab/programs/names.ts';
import {createPrograms} from '../../../src/lab/programs/programs.ts';
import {type Mirror, startMirror} from './mirror.ts';

const platform = platformOf(process.platform, process.arch);
const root = mkdtempSync(join(tmpdir(), 'kops-programs-'));
afterAll(() => rmSync(root, {recursive: true}));
let cache = '';
beforeEach(() => {
  cache = join(mkdtempSync(join(root, 'case-')), 'cache');
});
const signal = new AbortController().signal;
const quiet = () => {};
const noPath = {PATH: join(root, 'nothing-here')};
const path = (url: string, mirror: Mirror) => url.slice(mirror.url.length);
const apiServer = (mirror: Mirror) => [...mirror.files.keys()].find((file) => file.endsWith('/kube-apiserver')) ?? '';

describe('the official releases', () => {
  const fromMirror = ({url}: Mirror, env = {}) =>
    createPrograms(cache, {PATH: process.env.PATH, KOPS_LAB_PROGRAMS: 'release', KOPS_LAB_RELEASES_URL: url, ...env});

  test('every program is downloaded, checked, unpacked and runs', async () => {
    await using mirror = await startMirror(platform);
    const programs = fromMirror(mirror);
    expect(programs.cached()).toBeUndefined();
    const folder = await programs.fetch(quiet, signal);
    expect(readdirSync(folder).sort()).toEqual([...PROGRAMS].sort());
    for (const program of PROGRAMS) expect(execFileSync(join(folder, program)).toString()).toBe(`${program}\n`);
    expect(programs.cached()).toBe(folder);
  });

  test('what is in the cache is not asked for again', async () => {
    await using mirror = await startMirror(platform);
    const folder = await fromMirror(mirror).fetch(quiet, signal);
    const before = mirror.asked.length;
    expect(await fromMirror(mirror).fetch(quiet, signal)).toBe(folder);
    expect(mirror.asked.length).toBe(before);
  });

  test('a file that is not what was published is refused, both hashes are named, and nothing of it is kept', async () => {
    await using mirror = await startMirror(platform);
    mirror.files.set(apiServer(mirror), '#!/bin/sh\necho evil\n');
    const programs = fromMirror(mirror, {KOPS_LAB_PROGRAMS: 'auto'});
    await expect(programs.fetch(quiet, signal)).rejects.toThrow(
      expect.objectContaining({
        message: `${mirror.url}${apiServer(mirror)} is not what was published`,
        why: expect.stringMatching(/its SHA-256 is [0-9a-f]{64}, .*\.sha256 says [0-9a-f]{64}/),
        exitCode: 3,
      }),
    );
    expect(readdirSync(cache)).toEqual([]);
  });

  test.each([
    ['a checksum is missing', (mirror: Mirror) => mirror.files.delete(`${apiServer(mirror)}.sha256`), /\.sha256: HTTP 404/],
    ['a program is missing', (mirror: Mirror) => mirror.files.delete(apiServer(mirror)), /kube-apiserver: HTTP 404/],
    [
      'the connection breaks in the middle',
      (mirror: Mirror) =>
        mirror.files.set(apiServer(mirror), (response) => {
          response.writeHead(200, {'content-length': '100000'}).write('#!/bin/sh\n', () => response.destroy());
        }),
      /kube-apiserver: /,
    ],
    [
      'the checksums are an error page',
      (mirror: Mirror) => mirror.files.set(`${apiServer(mirror)}.sha256`, '<html>'),
      /has no SHA-256 of kube-apiserver/,
    ],
  ])('%s: that is said, and nothing is kept', async (_case, harm, why) => {
    await using mirror = await startMirror(platform);
    harm(mirror);
    await expect(fromMirror(mirror).fetch(quiet, signal)).rejects.toThrow(
      expect.objectContaining({message: "the lab's programs are not here and cannot be made", why: expect.stringMatching(why)}),
    );
    expect(existsSync(cache) ? readdirSync(cache) : []).toEqual([]);
  });

  test.each([
    ['never answers', () => {}],
    ['begins a checksum and never ends it', (response: ServerResponse) => void response.writeHead(200).write('0123')],
  ])(
    'a server that %s is given up within a few seconds',
    async (_case, answer) => {
      await using mirror = await startMirror(platform);
      mirror.files.set(`${apiServer(mirror)}.sha256`, answer);
      const start = Date.now();
      await expect(fromMirror(mirror).fetch(quiet, signal)).rejects.toThrow(
        expect.objectContaining({why: expect.stringContaining('no answer within 4 s')}),
      );
      expect(Date.now() - start).toBeLessThan(8_000);
    },
    15_000,
  );

  test('Ctrl-C in a download ends it and leaves nothing', async () => {
    await using mirror = await startMirror(platform);
    const interruption = new AbortController();
    mirror.files.set(apiServer(mirror), (response) => {
      response.writeHead(200).write('#!/bin/sh\n', () => interruption.abort());
    });
    await expect(fromMirror(mirror).fetch(quiet, interruption.signal)).rejects.toThrow(
      expect.objectContaining({name: 'AbortError'}),
    );
    expect(readdirSync(cache)).toEqual([]);
  });

  test('HTTP_PROXY is used', async () => {
    await using mirror = await startMirror(platform);
    const through: string[] = [];
    const proxy = createServer((request, response) => {
      through.push(request.url ?? '');
      const content = mirror.files.get(path(request.url ?? '', mirror));
      if (typeof content === 'function' || content === undefined) response.writeHead(404).end();
      else response.end(content);
    });
    proxy.on('connect', (_request, socket) => socket.destroy());
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const env = {HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`};
    await fromMirror(mirror, env).fetch(quiet, signal);
    proxy.closeAllConnections();
    proxy.close();
    expect(through.length).toBeGreaterThan(0);
    expect(mirror.asked).toEqual([]);
  });
});

describe('building', () => {
  /** A Go that writes what it was asked for and makes a program of it. */
  function fakeGo(version: string, build: string): NodeJS.ProcessEnv {
    const folder = mkdtempSync(join(root, 'go-'));
    const script = `#!/bin/sh
case "$1" in
  env) echo ${version};;
  list) printf 'a\\nb\\n\\nc\\n';;
  build)
    echo "$*" >> ${folder}/asked
    while [ "$1" != -o ]; do shift; done
    ${build}
  ;;
esac
`;
    writeFileSync(join(folder, 'go'), script);
    chmodSync(join(folder, 'go'), 0o755);
    return {PATH: [folder, '/usr/bin', '/bin'].join(delimiter), KOPS_LAB_PROGRAMS: 'build'};
  }

  test('Go makes one program, that has all the names', async () => {
    const programs = createPrograms(cache, fakeGo('go1.26.8', `printf '#!/bin/sh\\nbasename "$0"\\n' > "$2"; chmod 755 "$2"`));
    const folder = await programs.fetch(quiet, signal);
    expect(readdirSync(folder).sort()).toEqual([...PROGRAMS].sort());
    for (const program of PROGRAMS) expect(execFileSync(join(folder, program)).toString()).toBe(`${program}\n`);
    expect(programs.cached()).toBe(folder);
  });

  test('two that want the programs at once build them once', async () => {
    const env = fakeGo('go1.26.8', 'sleep 0.3; : > "$2"');
    const folders = await Promise.all([1, 2].map(() => createPrograms(cache, env).fetch(quiet, signal)));
    expect(folders[0]).toBe(folders[1]);
    expect(readdirSync(cache)).toHaveLength(1);
  });

  test('progress counts packages, not what else Go says', async () => {
    const said: string[] = [];
    const build = 'echo "go: downloading x v1" >&2; echo a/b >&2; echo c.d/e-f >&2; : > "$2"';
    await createPrograms(cache, fakeGo('go1.26.8', build)).fetch((text) => said.push(text), signal);
    expect(said.at(-1)).toBe('2 of 3 packages compiled, about 10 minutes on 2 cores');
  });

  test('a build that fails says what Go said, and leaves nothing', async () => {
    const programs = createPrograms(cache, fakeGo('go1.26.8', 'echo "main.go:7: undefined: x" >&2; exit 1'));
    await expect(programs.fetch(quiet, signal)).rejects.toThrow(
      expect.objectContaining({why: 'go build ended with 1:\nmain.go:7: undefined: x', exitCode: 3}),
    );
    expect(readdirSync(cache)).toEqual([]);
  });

  test('Ctrl-C ends the build with its compilers, and leaves nothing', async () => {
    const interruption = new AbortController();
    const started = join(root, `started-${Math.random()}`);
    const env = fakeGo('go1.26.8', `sleep 60 & echo $! > ${started}; echo a/b >&2; wait`);
    const fetching = createPrograms(cache, env).fetch((text) => {
      if (text.startsWith('1 of 3')) interruption.abort();
    }, interruption.signal);
    await expect(fetching).rejects.toThrow(expect.objectContaining({name: 'AbortError'}));
    expect(commandLine(readFileSync(started, 'utf8').trim())).toBe('');
    expect(readdirSync(cache)).toEqual([]);
  });

  test('what a killed build left is cleared away by the next', async () => {
    const programs = createPrograms(cache, fakeGo('go1.26.8', ': > "$2"'));
    const folder = await programs.fetch(quiet, signal);
    rmSync(folder, {recursive: true});
    mkdirSync(`${folder}.part-abc`);
    await programs.fetch(quiet, signal);
    expect(readdirSync(cache).map((name) => join(cache, name))).toEqual([folder]);
  });

  test.each([
    ['there is no Go', noPath, 'building them needs Go 1.26, and there is no Go on the PATH'],
    ['Go is too old', 'go1.25.9', 'building them needs Go 1.26, this is go1.25.9'],
  ])('%s: that is said, with what to install', async (_case, env, why) => {
    const environment = typeof env === 'string' ? fakeGo(env, 'exit 1') : {...env, KOPS_LAB_PROGRAMS: 'build'};
    await expect(createPrograms(cache, environment).fetch(quiet, signal)).rejects.toThrow(
      expect.objectContaining({why, next: expect.stringContaining('install Go 1.26 or newer'), exitCode: 3}),
    );
  });

  test('where the releases cannot be had the programs are built', async () => {
    await using mirror = await startMirror(platform);
    mirror.files.clear();
    const env = {...fakeGo('go1.27', ': > "$2"'), KOPS_LAB_PROGRAMS: 'auto', KOPS_LAB_RELEASES_URL: mirror.url};
    await createPrograms(cache, env).fetch(quiet, signal);
    expect(mirror.asked.length).toBeGreaterThan(0);
    expect(readdirSync(cache)).toEqual([expect.stringMatching(/^v1\.37\.2-linux-\w+-[0-9a-f]{12}$/)]);
  });
});

/** Empty for what has ended, even where nobody has reaped it yet. */
function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

test('a way that is none is refused', () => {
  expect(() => createPrograms(cache, {KOPS_LAB_PROGRAMS: 'guess'})).toThrow(expect.objectContaining({exitCode: 2}));
});
