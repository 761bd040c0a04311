import {expect, test} from 'vitest';
import {gather, type Inputs, newlineWarnings} from '../../../src/config/create/gather.ts';
import {MOST_BYTES} from '../../../src/config/create/keys.ts';
import {parseSources, type SourceWords} from '../../../src/config/create/sources.ts';

type Tree = Readonly<Record<string, string | Buffer | Error | readonly string[]>>;

const failure = (code: string) => Object.assign(new Error(`${code}: the words of Node`), {code});

/** Files by their paths; the names of a directory, of which those with `@` are links and those with `/` directories. */
function inputs(tree: Tree, asked: string[] = []): Inputs {
  const at = (path: string) => {
    const found = tree[path];
    if (found === undefined) throw failure('ENOENT');
    if (found instanceof Error) throw found;
    return found;
  };
  return {
    environment: {},
    random: (bytes) => Buffer.alloc(bytes, 0xfb),
    isDirectory: async (path) => Array.isArray(at(path)),
    list: async (path) =>
      (at(path) as readonly string[]).map((name) => ({
        name: name.replace(/[@/]$/, ''),
        kind: name.endsWith('@') ? 'link' : name.endsWith('/') ? 'other' : 'file',
      })),
    read: async (path, limit) => Buffer.from(at(path) as string | Buffer).subarray(0, limit + 1),
    stdin: async (limit) => {
      asked.push('standard input');
      return Buffer.from('piped').subarray(0, limit + 1);
    },
    ask: async (what) => {
      asked.push(what);
      return `typed ${what}`;
    },
  };
}

async function take(words: SourceWords, tree: Tree = {}): Promise<{values: Record<string, string>; warnings: readonly string[]}> {
  const {entries, warnings} = await gather(parseSources(words), inputs(tree));
  return {values: Object.fromEntries(entries.map(({key, value}) => [key, value.toString()])), warnings};
}

test('values come from literals, files, standard input, questions and chance', async () => {
  const words = {fromLiteral: ['a=1'], fromFile: ['b=b.txt'], fromStdin: 'c', prompt: ['d'], random: ['e', 'f=8']};
  expect((await take(words, {'b.txt': 'bee'})).values).toEqual({
    a: '1',
    b: 'bee',
    c: 'piped',
    d: 'typed d',
    e: `${'-_v7'.repeat(10)}-_s`,
    f: '-_v7-_v7-_s',
  });
});

test('nobody is asked before all files have been read', async () => {
  const asked: string[] = [];
  const sources = parseSources({prompt: ['p'], fromStdin: 's', fromFile: ['nowhere']});
  await expect(gather(sources, inputs({}, asked))).rejects.toMatchObject({message: 'nowhere cannot be read'});
  expect(asked).toEqual([]);
  await gather(parseSources({prompt: ['p'], fromStdin: 's'}), inputs({}, asked));
  expect(asked).toEqual(['standard input', 'p']);
});

test('nothing is made of a pipe through which nothing came, be there other values', async () => {
  const asked: string[] = [];
  const piped = {...inputs({}, asked), stdin: async () => Buffer.alloc(0)};
  const sources = parseSources({fromStdin: 's', prompt: ['p'], fromLiteral: ['a=1']});
  await expect(gather(sources, piped)).rejects.toMatchObject({
    message: 'nothing came through standard input for s',
    next: 'an empty value is asked for with --from-literal s=',
    exitCode: 2,
  });
  expect(asked).toEqual([]);
});

test('what is no key is told before anybody types a value for it', async () => {
  const asked: string[] = [];
  await expect(gather(parseSources({prompt: ['a b']}), inputs({}, asked))).rejects.toMatchObject({
    message: '"a b" cannot be a key',
  });
  expect(asked).toEqual([]);
});

test.each([
  ['is not there', {}, 'there is no such file'],
  ['may not be read', {f: failure('EACCES')}, 'permission denied'],
  ['is a circle of links', {f: failure('ELOOP')}, 'its symbolic links go round in a circle'],
  ['fails in a way that nobody foresaw', {f: failure('ENXIO')}, 'ENXIO'],
])('a file that %s', async (_case, tree, why) => {
  await expect(take({fromFile: ['f']}, tree as Tree)).rejects.toMatchObject({message: 'f cannot be read', why, exitCode: 2});
});

test('a file that vanishes while its directory is read', async () => {
  await expect(take({fromFile: ['conf']}, {conf: ['a', 'b'], 'conf/a': '1'})).rejects.toMatchObject({
    message: 'conf/b cannot be read',
    why: 'it was in conf a moment ago, and is gone',
    exitCode: 2,
  });
});

test('a bug is no file that cannot be read', async () => {
  await expect(take({fromFile: ['f']}, {f: new TypeError('a bug')})).rejects.toThrow(TypeError);
});

test('of a directory the files are taken, and what else is in it is not left out without a word', async () => {
  const values = {'conf/a': '1', 'conf/b': '2'};
  expect(await take({fromFile: ['conf/']}, {...values, 'conf/': ['b', 'a']})).toEqual({values: {a: '1', b: '2'}, warnings: []});
  await expect(take({fromFile: ['conf/']}, {...values, 'conf/': ['b', 'a', 'sub/', 'socket/']})).rejects.toMatchObject({
    message: 'conf/ holds more than regular files',
    why: 'socket and sub would be left out: directories below, sockets and the like are not read',
    next: 'name the files you mean, one by one: --from-file conf/a',
    exitCode: 2,
  });
  expect((await take({fromFile: ['conf']}, {conf: []})).warnings).toEqual(['conf is empty: no key comes of it']);
});

test.each([
  [['file', 'link@'], 'they are link', 'name the files you mean, one by one: --from-file conf/link'],
  [['..data@', '..2026/', 'a@', 'b@'], 'they are a and b (a mounted volume looks like this)', /--from-file conf\/a$/],
])('a directory with symbolic links is refused: %j', async (conf, why, next) => {
  await expect(take({fromFile: ['conf']}, {conf, 'conf/file': ''})).rejects.toMatchObject({
    message: 'conf holds symbolic links, which are not taken from a directory',
    why,
    next: expect.stringMatching(next),
    exitCode: 2,
  });
});

test('too much is refused where it is read, and no more of it is read', async () => {
  const large = Buffer.alloc(MOST_BYTES / 2 + 1);
  const tree = {conf: ['a', 'b', 'c'], 'conf/a': large, 'conf/b': large, 'conf/c': new Error('it goes on reading')};
  await expect(take({fromFile: ['conf']}, tree)).rejects.toMatchObject({
    message: 'the values are too large: more than 1.0 MiB',
    why: 'the API server takes at most 1.0 MiB in one object; conf/b is where they get too many',
    exitCode: 2,
  });
});

test('an endless env file is refused', async () => {
  await expect(take({fromEnvFile: ['e']}, {e: '#'.repeat(5 * MOST_BYTES)})).rejects.toMatchObject({exitCode: 2});
});

test.each<[string, SourceWords, string]>([
  ['a literal without a sign', {fromLiteral: ['hunter2']}, '--from-literal takes KEY=VALUE'],
  ['a literal without a key', {fromLiteral: ['=hunter2']}, '--from-literal takes KEY=VALUE'],
  ['a literal that was not UTF-8', {fromLiteral: ['a=hunter2\uFFFD']}, 'the value of --from-literal a is not UTF-8'],
  ['a random value of too few bytes', {random: ['a=4']}, '--random a=4 cannot be made'],
  ['a random value of no number', {random: ['a=many']}, '--random a=many cannot be made'],
  ['a list with quotes inside', {fromFile: ['a"b"']}, '--from-file a"b" cannot be read'],
  ['a list whose quotes do not end', {fromFile: ['"a']}, '--from-file "a cannot be read'],
  ['an env file and a question', {fromEnvFile: ['e'], prompt: ['p']}, '--from-env-file cannot be combined with other sources'],
])('%s is refused, and no value is quoted', (_case, words, message) => {
  const problem = (() => {
    try {
      return parseSources(words);
    } catch (error) {
      return error;
    }
  })() as {message: string; why: string; next?: string};
  expect(problem).toMatchObject({message, exitCode: 2});
  expect(JSON.stringify([problem.message, problem.why, problem.next])).not.toContain('hunter2');
});

test.each([
  ['pass\n', 1],
  ['pass\r\n', 1],
  ['pass', 0],
  ['two\nlines\n', 0],
  ['\n', 0],
  [Buffer.from([0xff, 0x0a]), 0],
])('a line feed behind one line, %j, is worth a warning', (value, count) => {
  expect(newlineWarnings([{key: 'password', value: Buffer.from(value), origin: 'standard input'}])).toHaveLength(count);
});
