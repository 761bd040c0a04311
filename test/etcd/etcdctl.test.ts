import {expect, test} from 'vitest';
import type {Etcd, Page} from '../../src/etcd/etcd.ts';
import {type ContainerFiles, type EtcdctlOptions, openEtcdctl, type RunEtcdctl} from '../../src/etcd/etcdctl.ts';
import {Compacted, EtcdProblem} from '../../src/etcd/problems.ts';
import {refusalOf} from '../support/refusal.ts';

const {signal} = new AbortController();
const connection = {endpoint: 'https://127.0.0.1:2379', cacert: '/pki/ca.crt', cert: '/pki/server.crt', key: '/pki/server.key'};

type Answer = string | {code: number; stdout?: string; stderr: string};

/** etcdctl as it answers each command, by its words after the connection's flags. */
function etcdctl(answers: (words: readonly string[]) => Answer): {run: RunEtcdctl; commands: string[]; flags: string[][]} {
  const commands: string[] = [];
  const flags: string[][] = [];
  const run: RunEtcdctl = async (command, onData, aborted) => {
    const begin = command.findIndex((word, i) => i > 0 && !word.startsWith('--'));
    flags.push(command.slice(0, begin));
    const words = command.slice(begin);
    commands.push(words.join(' '));
    const answer = answers(words);
    const {code, stdout = '', stderr} = typeof answer === 'string' ? {code: 0, stdout: answer, stderr: ''} : answer;
    for (let i = 0; i < stdout.length; i += 100_000) {
      onData(Buffer.from(stdout.slice(i, i + 100_000)));
      aborted.throwIfAborted();
    }
    return {code, stderr};
  };
  return {run, commands, flags};
}

const open = (run: RunEtcdctl, options: Partial<EtcdctlOptions> = {}): Promise<Etcd> =>
  openEtcdctl({run, via: 'etcdctl in pod etcd-a', connection, ...options}, signal);

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** As etcdctl 3.7 prints it. */
const kv = (key: string, value: string) =>
  `{"key":"${base64(key)}","create_revision":2,"mod_revision":7,"version":3,"value":"${base64(value)}"}`;
const rangeAnswer = (kvs: readonly string[], more = false, revision = 9) =>
  `{"header":{"cluster_id":14841639068965178418,"member_id":10276657743932975437,"revision":${revision},"raft_term":2}` +
  `${kvs.length > 0 ? `,"kvs":[${kvs.join(',')}]` : ''}${more ? ',"more":true' : ''},"count":${kvs.length}}\n`;

async function pagesOf(etcd: Etcd, prefix: string | Buffer): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of etcd.range({prefix}, signal)) pages.push(page);
  return pages;
}

test('a key is asked for with the certificates of the container', async () => {
  const {run, commands, flags} = etcdctl(() => rangeAnswer([kv('/registry/secrets/a/db', 'k8s\0x')]));
  const etcd = await open(run);
  expect(await etcd.get('/registry/secrets/a/db', signal, 8)).toEqual({
    key: Buffer.from('/registry/secrets/a/db'),
    value: Buffer.from('k8s\0x'),
    createRevision: 2,
    modRevision: 7,
    version: 3,
  });
  expect(await etcd.revision(signal)).toBe(9);
  expect(commands[1]).toBe('get --write-out=json --rev=8 -- /registry/secrets/a/db');
  expect(flags[1]?.join(' ')).toMatchInlineSnapshot(
    `"etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/pki/ca.crt --cert=/pki/server.crt --key=/pki/server.key --command-timeout=20s"`,
  );
});

test('no such key is undefined; numbers may come as strings', async () => {
  const {run} = etcdctl(() => '{"header":{"cluster_id":"1","revision":"12"}}');
  const etcd = await open(run);
  expect(await etcd.get('/registry/secrets/a/none', signal)).toBeUndefined();
  expect(await etcd.revision(signal)).toBe(12);
});

/** Answers `get` from `keys`, in order, as etcd does. */
function serve(keys: readonly string[]): (words: readonly string[]) => Answer {
  return (words) => {
    const [from = '', end] = words.slice(words.indexOf('--') + 1);
    const limit = Number(/--limit=(\d+)/.exec(words.join(' '))?.[1] ?? 0);
    const found = keys.filter((key) => key >= from && (words.includes('--from-key') || (end ? key < end : key === from)));
    const page = limit > 0 ? found.slice(0, limit) : found;
    const value = words.includes('--keys-only') ? '' : 'value';
    return rangeAnswer(
      page.map((key) => kv(key, value)),
      page.length < found.length,
    );
  };
}

test('pages are of one revision and neither repeat nor lose a key, although no argument can end in a NUL', async () => {
  const keys = Array.from({length: 1234}, (_, i) => `/registry/secrets/a/${String(i).padStart(5, '0')}`);
  const {run, commands} = etcdctl(serve([...keys, '/registry/secretsandmore']));
  const etcd = await open(run);
  commands.length = 0;
  const pages = await pagesOf(etcd, '/registry/secrets/');
  expect(pages.flatMap(({items}) => items.map(({key}) => key.toString()))).toEqual(keys);
  expect(commands.slice(0, 2)).toEqual([
    'get --write-out=json --rev=0 --limit=100 -- /registry/secrets/ /registry/secrets0',
    'get --write-out=json --rev=9 --limit=401 -- /registry/secrets/a/00099 /registry/secrets0',
  ]);
});

test('every key there is', async () => {
  const {run} = etcdctl(serve(['/a', '/b']));
  const [page] = await pagesOf(await open(run), '');
  expect(page?.items.map(({key}) => key.toString())).toEqual(['/a', '/b']);
});

test('an answer that is too long is asked for again in smaller pieces, and its rest is not waited for', async () => {
  const large = 'x'.repeat(1024 * 1024);
  const keys = Array.from({length: 30}, (_, i) => `/registry/secrets/a/${i + 10}`);
  const {run} = etcdctl((words) => {
    const answer = serve(keys)(words);
    return typeof answer === 'string' ? answer.replaceAll(base64('value'), base64(large)) : answer;
  });
  const printed: number[] = [];
  const counting: RunEtcdctl = (command, onData, aborted) => {
    const answer = printed.push(0) - 1;
    const count = (chunk: Buffer) => {
      printed[answer] = (printed[answer] ?? 0) + chunk.length;
      onData(chunk);
    };
    return run(command, count, aborted);
  };
  const pages = await pagesOf(await open(counting), '/registry/secrets/');
  expect(pages.flatMap(({items}) => items.map(({key}) => key.toString()))).toEqual(keys);
  expect(Math.max(...pages.map(({items}) => items.length))).toBeLessThan(20);
  expect(Math.max(...printed)).toBeLessThan(25 * 1024 * 1024);
});

test('a key that no argument can hold is refused, not read as another', async () => {
  const {run, commands} = etcdctl(() => rangeAnswer([]));
  const etcd = await open(run);
  commands.length = 0;
  for (const key of [Buffer.from([0x2f, 0xff]), Buffer.from('/a\0b')]) {
    expect((await refusalOf(etcd.get(key, signal), EtcdProblem)).why).toContain('no argument');
  }
  expect(commands).toEqual([]);
});

const log = (error: string) =>
  `{"level":"warn","ts":"2026-11-23T13:45:44.124Z","logger":"etcd-client","caller":"v3@v3.7.0/retry_interceptor.go:68","msg":"retrying of unary invoker failed","attempt":0,"error":"${error}"}\nError: context deadline exceeded\n`;

test.each([
  [
    'unreachable',
    'rpc error: code = DeadlineExceeded desc = latest balancer error: connection error: desc = \\"transport: Error while dialing: dial tcp 127.0.0.1:1: connect: connection refused\\"',
  ],
  [
    'untrusted',
    'rpc error: code = DeadlineExceeded desc = latest balancer error: connection error: desc = \\"transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority\\"',
  ],
  [
    'unauthenticated',
    'rpc error: code = DeadlineExceeded desc = latest balancer error: connection error: desc = \\"transport: authentication handshake failed: remote error: tls: certificate required\\"',
  ],
  ['forbidden', 'rpc error: code = PermissionDenied desc = etcdserver: permission denied'],
  ['compacted', 'rpc error: code = OutOfRange desc = etcdserver: mvcc: required revision has been compacted'],
])('etcdctl logs why: %s', async (kind, error) => {
  const {run} = etcdctl(() => ({code: 1, stderr: log(error)}));
  expect((await refusalOf(open(run), EtcdProblem)).kind).toBe(kind);
});

test('etcdctl that only says a word, or is not there, is repeated in that word', async () => {
  const {run} = etcdctl(() => ({code: 126, stderr: 'exec failed: "etcdctl": executable file not found in $PATH\n'}));
  const {kind, message, why} = await refusalOf(open(run), EtcdProblem);
  expect([kind, message, why]).toEqual([
    'other',
    'etcd failed: etcdctl in pod etcd-a',
    'exec failed: "etcdctl": executable file not found in $PATH',
  ]);
});

test('what is no JSON is refused without a word of it', async () => {
  const {run} = etcdctl(() => '/registry/secrets/a/db\nhunter2\n');
  const {message, why, cause} = await refusalOf(open(run), EtcdProblem);
  expect(`${message} ${why} ${cause}`).not.toContain('hunter2');
});

const members =
  '{"header":{"cluster_id":14841639068965178418,"member_id":10276657743932975437,"raft_term":2},"members":[' +
  '{"ID":10276657743932975437,"name":"a","peerURLs":["https://172.18.0.2:2380"],"clientURLs":["https://172.18.0.2:2379"]},' +
  '{"ID":42,"name":"b","clientURLs":["https://172.18.0.3:2379"],"isLearner":true}]}';
const statuses =
  '[{"Endpoint":"https://172.18.0.2:2379","Status":{"header":{"cluster_id":14841639068965178418,"member_id":10276657743932975437,"revision":3,"raft_term":2},' +
  '"version":"3.7.0","dbSize":20480,"leader":10276657743932975437,"raftIndex":6,"raftTerm":2,"dbSizeInUse":16384,' +
  '"errors":["memberID:10276657743932975437 alarm:NOSPACE "],"storageVersion":"3.7.0","dbSizeQuota":2147483648}}]';

test('members: IDs that no number holds, alarms, and one that does not answer', async () => {
  const {run} = etcdctl(([verb = '']) => {
    if (verb === 'member') return members;
    if (verb === 'endpoint')
      return {code: 1, stdout: statuses, stderr: 'Failed to get the status of endpoint https://172.18.0.3:2379'};
    return rangeAnswer([]);
  });
  expect(await (await open(run)).members(signal)).toEqual([
    {
      id: '10276657743932975437',
      name: 'a',
      clientUrls: ['https://172.18.0.2:2379'],
      dbSize: 20480,
      dbSizeInUse: 16384,
      version: '3.7.0',
      isLeader: true,
      isLearner: false,
      errors: ['alarm NOSPACE'],
    },
    {
      id: '42',
      name: 'b',
      clientUrls: ['https://172.18.0.3:2379'],
      dbSize: 0,
      dbSizeInUse: 0,
      version: '',
      isLeader: false,
      isLearner: true,
      errors: ["etcd's member b does not answer: etcdctl in pod etcd-a"],
    },
  ]);
});

test('compacts down to the disk, defragments the very member, and takes a second compaction for done', async () => {
  let compacted = false;
  const {run, commands, flags} = etcdctl(([verb = '']) => {
    if (verb !== 'compact') return verb === 'member' ? members : verb === 'endpoint' ? statuses : rangeAnswer([]);
    if (compacted) return {code: 1, stderr: 'Error: etcdserver: mvcc: required revision has been compacted\n'};
    compacted = true;
    return 'compacted revision 7\n';
  });
  const etcd = await open(run);
  await etcd.compact(7, signal);
  await etcd.compact(7, signal);
  const [, second] = await etcd.members(signal);
  if (second === undefined) return expect.unreachable();
  await etcd.defragment(second, signal);
  expect(commands).toContain('compact --physical 7');
  expect(commands.at(-1)).toBe('defrag');
  expect(flags.at(-1)).toContain('--endpoints=https://172.18.0.3:2379');
});

/** A container's files, of which only the snapshot counts. */
function containerFiles(): ContainerFiles & {removed: string[]} {
  const removed: string[] = [];
  return {
    removed,
    path: '/var/lib/etcd/kops.db',
    read: async (path, onChunk) => onChunk(Buffer.from(`content of ${path}`)),
    remove: async (path) => void removed.push(path),
  };
}

test('a snapshot goes through a file of the container, which is removed whatever happens', async () => {
  let fails = false;
  const {run, commands} = etcdctl(([verb = '']) => {
    if (verb !== 'snapshot') return rangeAnswer([]);
    return fails ? {code: 1, stderr: 'Error: etcdserver: no leader\n'} : 'Snapshot saved at /var/lib/etcd/kops.db\n';
  });
  const files = containerFiles();
  const etcd = await open(run, {files});
  const chunks: string[] = [];
  await etcd.snapshot((chunk) => void chunks.push(chunk.toString()), signal);
  expect(chunks).toEqual(['content of /var/lib/etcd/kops.db']);
  expect(commands).toContain('snapshot save /var/lib/etcd/kops.db');
  expect(files.removed).toEqual(['/var/lib/etcd/kops.db', '/var/lib/etcd/kops.db.part']);
  fails = true;
  expect(
    (
      await refusalOf(
        etcd.snapshot(() => {}, signal),
        EtcdProblem,
      )
    ).kind,
  ).toBe('unavailable');
  expect(files.removed).toHaveLength(4);
  expect(
    (
      await refusalOf(
        (await open(run)).snapshot(() => {}, signal),
        EtcdProblem,
      )
    ).why,
  ).toContain('no way to get a file');
});

test('an abort ends etcdctl', async () => {
  const {run} = etcdctl(() => rangeAnswer([]));
  const etcd = await open(run);
  await expect(etcd.get('/a', AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
});

test('a compacted revision is Compacted', async () => {
  const answers: Answer[] = [
    rangeAnswer([]),
    {code: 1, stderr: 'Error: etcdserver: mvcc: required revision has been compacted\n'},
  ];
  const {run} = etcdctl(() => answers.shift() ?? '');
  await expect((await open(run)).get('/a', signal, 1)).rejects.toBeInstanceOf(Compacted);
});
