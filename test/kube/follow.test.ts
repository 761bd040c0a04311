import type {ServerResponse} from 'node:http';
import {expect, onTestFinished, test, vi} from 'vitest';
import type {Change, Cluster, Query} from '../../src/kube/cluster.ts';
import type {ObjectOf} from '../../src/kube/resources.ts';
import {type Asked, event, fakeApiServer, json, list, pod, refuse} from '../support/apiserver.ts';

type Pod = ObjectOf<'pods'>;

/** Follows pods and notes what comes as `added web`, `listed web db` …; stops when the test ends. */
function followPods(cluster: Cluster, query: Query = {namespace: 'shop'}) {
  const notes: string[] = [];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const names = () => [...followed.objects.values()].map(({metadata}) => metadata?.name).join(' ');
  const troubles: (string | undefined)[] = [];
  const onChange = (change: Change<Pod>) => {
    troubles.push(followed.trouble?.message);
    notes.push(change.type === 'listed' ? `listed ${names()}` : `${change.type} ${change.object.metadata?.name}`);
  };
  const followed = cluster.follow('pods', query, onChange, stop.signal);
  return {
    followed,
    notes,
    /** The trouble at each change. */
    troubles,
    stop,
    until: (...expected: string[]) => vi.waitFor(() => expect(notes).toEqual(expected), {timeout: 10_000, interval: 5}),
  };
}

const isWatch = ({query}: Asked) => query.get('watch') === 'true';

/** Answers lists with `items` and the nth watch as `watches[n]` says; later ones stay silent. */
function serve(items: () => readonly object[], watches: readonly ((response: ServerResponse, asked: Asked) => void)[]) {
  let watched = 0;
  return (asked: Asked, response: ServerResponse) => {
    if (!isWatch(asked)) return list(response, items());
    const answer = watches[watched++] ?? open;
    answer(response, asked);
  };
}

const open = (response: ServerResponse) => void response.writeHead(200).flushHeaders();
const watchesOf = (asked: readonly Asked[]) => asked.filter(isWatch).map(({query}) => query.get('resourceVersion'));

test('lists, then tells each change, and holds what there is', async () => {
  const server = await fakeApiServer(
    serve(
      () => [pod('a')],
      [
        (response) => {
          event(response, 'ADDED', pod('b', '101'));
          event(response, 'MODIFIED', pod('b', '102', {status: {phase: 'Running'}}));
          event(response, 'DELETED', pod('a', '103'));
        },
      ],
    ),
  );
  const {followed, until} = followPods(await server.connect());
  await until('listed a', 'added b', 'modified b', 'deleted a');
  expect(followed.synced).toBe(true);
  expect([...followed.objects]).toEqual([['uid-b', expect.objectContaining({status: {phase: 'Running'}})]]);
  expect(server.asked[1]?.query.get('allowWatchBookmarks')).toBe('true');
  expect(Number(server.asked[1]?.query.get('timeoutSeconds'))).toBeGreaterThanOrEqual(300);
});

test('after a dropped watch it goes on from the last version, bookmarks included, and lists nothing again', async () => {
  const server = await fakeApiServer(
    serve(
      () => [],
      [
        (response) => {
          event(response, 'ADDED', pod('a', '101'));
          event(response, 'BOOKMARK', {metadata: {resourceVersion: '150'}});
          setImmediate(() => response.destroy());
        },
        (response) => event(response, 'ADDED', pod('b', '151')),
      ],
    ),
  );
  const {until} = followPods(await server.connect());
  await until('listed ', 'added a', 'added b');
  expect(watchesOf(server.asked)).toEqual(['100', '150']);
});

test.each<[string, (response: ServerResponse) => void]>([
  ['as an HTTP status', (response) => refuse(response, 410, 'Expired', 'too old')],
  [
    'as an ERROR event',
    (response) => event(response, 'ERROR', {kind: 'Status', code: 410, reason: 'Expired', message: 'too old'}),
  ],
  ['as another ERROR event', (response) => event(response, 'ERROR', {kind: 'Status', code: 500, message: 'etcd compacted'})],
])('after 410 Gone %s it lists again, and what was deleted meanwhile is gone', async (_case, gone) => {
  let items = [pod('a'), pod('b')];
  const server = await fakeApiServer(
    serve(
      () => items,
      [
        (response) => {
          items = [pod('b')];
          gone(response);
        },
      ],
    ),
  );
  const {followed, until} = followPods(await server.connect());
  await until('listed a b', 'listed b');
  expect([...followed.objects.keys()]).toEqual(['uid-b']);
});

test('a version that is gone is no trouble: the new list comes at once', async () => {
  const server = await fakeApiServer(serve(() => [], [(response) => refuse(response, 410, 'Expired', 'too old')]));
  const {troubles, until} = followPods(await server.connect());
  await until('listed ', 'listed ');
  expect(troubles).toEqual([undefined, undefined]);
});

test('a server that dies and comes back is waited for, and its trouble is told meanwhile', async () => {
  let dead = false;
  const server = await fakeApiServer((asked, response) => {
    if (dead) response.destroy();
    else if (isWatch(asked)) open(response);
    else list(response, [pod('a')]);
  });
  const {followed, until} = followPods(await server.connect());
  await until('listed a');
  await vi.waitFor(() => expect(watchesOf(server.asked)).toHaveLength(1));
  dead = true;
  server.cut();
  await vi.waitFor(() => expect(followed.trouble?.why).toBe('the connection was closed before an answer came'), 10_000);
  dead = false;
  await vi.waitFor(() => expect(followed.trouble).toBeUndefined(), 10_000);
});

test.each(['<html>', 'null', '{}', '{"type":"ADDED"}', '{"type":"ADDED","object":null}'])(
  '%s in a watch is trouble, not the end',
  async (line) => {
    const server = await fakeApiServer(
      serve(() => [], [(response) => void response.write(`${line}\n`), (response) => event(response, 'ADDED', pod('a', '101'))]),
    );
    await followPods(await server.connect()).until('listed ', 'added a');
  },
);

test('a line without an end is trouble, not the end', async () => {
  const server = await fakeApiServer(
    serve(
      () => [],
      [
        (response) => {
          const megabyte = 'x'.repeat(1024 * 1024);
          const more = () => {
            while (!response.destroyed && response.write(megabyte));
          };
          response.on('drain', more);
          more();
        },
        (response) => event(response, 'ADDED', pod('a', '101')),
      ],
    ),
  );
  await followPods(await server.connect()).until('listed ', 'added a');
});

test('who may list and not watch is served by polling', async () => {
  let items = [pod('a')];
  const server = await fakeApiServer((asked, response) =>
    isWatch(asked) ? refuse(response, 403, 'Forbidden', 'User "jane" cannot watch resource "pods"') : list(response, items),
  );
  const {followed, until} = followPods(await server.connect());
  await vi.waitFor(() => expect(followed.mode).toBe('poll'));
  items = [pod('b')];
  await until('listed a', 'listed a', 'listed b');
  expect(watchesOf(server.asked)).toHaveLength(1);
});

test('who may only get one object is served by polling that', async () => {
  let found = true;
  const server = await fakeApiServer((asked, response) => {
    if (!asked.path.endsWith('/pods/a')) return refuse(response, 403, 'Forbidden', 'User "jane" cannot list resource "pods"');
    return found ? json(response, pod('a')) : refuse(response, 404, 'NotFound', 'gone', {name: 'a'});
  });
  const {followed, until} = followPods(await server.connect(), {namespace: 'shop', fieldSelector: 'metadata.name=a'});
  await until('listed a');
  found = false;
  await until('listed a', 'listed ');
  expect(followed.mode).toBe('poll');
});

test('a stranger that answers 404 in between is an outage, not the end of what is followed', async () => {
  let strange = false;
  const server = await fakeApiServer((asked, response) => {
    if (strange) return void response.writeHead(404).end('<html>');
    if (!asked.path.endsWith('/pods/a')) return refuse(response, 403, 'Forbidden', 'User "jane" cannot list resource "pods"');
    return json(response, pod('a'));
  });
  const {followed, until} = followPods(await server.connect(), {namespace: 'shop', fieldSelector: 'metadata.name=a'});
  await until('listed a');
  strange = true;
  await vi.waitFor(() => expect(followed.trouble?.message).toMatch(/answered 404 and not as an API server does$/), 10_000);
  expect(followed.objects.size).toBe(1);
});

test('who may list, and neither watch nor get, is served by polling the list, though only one object is asked for', async () => {
  const server = await fakeApiServer((asked, response) =>
    isWatch(asked) || asked.path.endsWith('/pods/a')
      ? refuse(response, 403, 'Forbidden', 'User "jane" cannot do that to resource "pods"')
      : list(response, [pod('a')]),
  );
  const {until} = followPods(await server.connect(), {namespace: 'shop', fieldSelector: 'metadata.name=a'});
  await until('listed a', 'listed a');
});

test.each([
  [403, 'Forbidden', 'User "jane" cannot list resource "pods"', 'jane may not list pods in namespace shop'],
  [401, 'Unauthorized', 'Unauthorized', 'the API server does not accept the credentials of context test'],
  [400, 'BadRequest', 'unable to parse selector', 'the API server could not list pods in namespace shop'],
])('%s on the list is the end', async (code, reason, message, problem) => {
  const server = await fakeApiServer((_asked, response) => refuse(response, code, reason, message));
  const {followed} = followPods(await server.connect());
  await expect(followed.done).rejects.toThrow(problem);
  expect(followed.synced).toBe(false);
});

test('a right that is gone for a moment, as while an API server starts, is not the end', async () => {
  let starting = false;
  const server = await fakeApiServer(
    serve(
      () => [],
      [
        (response) => {
          starting = true;
          open(response);
          setImmediate(() => response.destroy());
        },
        (response) => refuse(response, 403, 'Forbidden', 'User "jane" cannot watch resource "pods"'),
        (response) => event(response, 'ADDED', pod('a', '101')),
      ],
    ),
  );
  const {followed, until} = followPods(await server.connect());
  await until('listed ', 'listed ', 'added a');
  expect(starting).toBe(true);
  expect(followed.mode).toBe('watch');
});

test('ends when it is told to, without an error', async () => {
  const server = await fakeApiServer(serve(() => [], []));
  const {followed, stop, until} = followPods(await server.connect());
  await until('listed ');
  stop.abort();
  await expect(followed.done).resolves.toBeUndefined();
});

test('a bug of who looks on is not taken for a lost connection', async () => {
  const server = await fakeApiServer(serve(() => [], []));
  const cluster = await server.connect();
  const bug = new TypeError('x is undefined');
  const {done} = cluster.follow(
    'pods',
    {},
    () => {
      throw bug;
    },
    new AbortController().signal,
  );
  await expect(done).rejects.toBe(bug);
});
