import {describe, expect, test} from 'vitest';
import {type RewriteOptions, type RewriteProgress, type RewriteTarget, rewrite} from '../../../src/encryption/rewrite/rewrite.ts';
import {ConnectionProblem} from '../../../src/kube/errors.ts';
import {resources} from '../../../src/kube/resources.ts';
import {FakeStore, status} from '../../support/fake-store.ts';

const never = new AbortController().signal;
const ours = {othersCount: false, dryRun: false};
const lost = () => new ConnectionProblem('cannot reach the API server', {passing: true});
const secrets: RewriteTarget = {resource: resources.secrets};

async function run(store: FakeStore, options: Partial<RewriteOptions> = {}, target = secrets) {
  const {resources} = await rewrite(store, [target], {...ours, ...options}, never);
  const [{failed, ...counts}] = resources as [(typeof resources)[0]];
  return {...Object.fromEntries(Object.entries(counts).filter(([, n]) => n !== 0)), ...(failed.length > 0 && {failed})};
}

test('every object is written back, and none twice', async () => {
  const store = new FakeStore(1234);
  expect(await run(store)).toEqual({resource: 'secrets', total: 1234, rewritten: 1234});
  expect(store.stale).toEqual([]);
  expect(store.requests.filter((request) => request.startsWith('PUT'))).toHaveLength(1234);
});

test('what is stored as it should be is told apart from what was rewritten', async () => {
  const store = new FakeStore(3);
  store.create('shop/fresh', false);
  expect(await run(store)).toEqual({resource: 'secrets', total: 4, rewritten: 3, unchanged: 1});
});

test('an object goes back byte for byte, numbers and fields that no type knows included', async () => {
  const store = new FakeStore(0);
  const data = '"spec":{"int64":9007199254740993,"rate":1.50,"text":"\\u00e9"},"fieldOfTomorrow":[1, 2]';
  store.create('shop/odd', true, data);
  await run(store);
  expect(store.get('shop/odd')).toMatchObject({body: data, stale: false});
});

test('no more than 32 objects are under way, beside the next page', async () => {
  const store = new FakeStore(500);
  await run(store);
  expect(store.most).toBeGreaterThan(16);
  expect(store.most).toBeLessThanOrEqual(33);
});

test('an object that somebody else wrote in between is read and written again', async () => {
  const store = new FakeStore(50);
  store.before = touchOnce(store, 6);
  expect(await run(store)).toMatchObject({total: 50, rewritten: 44, unchanged: 6, conflicts: 6});
  expect(store.get('shop/s-00000').body).toContain('touched');
});

test('where all servers write with the new key, what somebody else wrote counts', async () => {
  const store = new FakeStore(50);
  store.before = touchOnce(store, 6);
  expect(await run(store, {othersCount: true})).toMatchObject({total: 50, rewritten: 44, othersWrote: 6, conflicts: 6});
});

test('a refusal as a conflict that was none is not taken for a write by somebody else', async () => {
  const store = new FakeStore(1);
  store.before = ({method}, n) => (method === 'PUT' && n < 5 ? status(409, 'Conflict') : undefined);
  expect(await run(store, {othersCount: true})).toMatchObject({total: 1, rewritten: 1, conflicts: 2});
});

test('an object that is written all the time is told, and the others go on', async () => {
  const store = new FakeStore(20);
  store.before = ({method, path}) => void (method === 'PUT' && path.includes('s-00007') && store.touch(keyOf(path)));
  expect(await run(store)).toMatchObject({
    total: 20,
    rewritten: 19,
    failed: [{key: 'shop/s-00007', why: 'somebody else wrote it each of 20 times'}],
  });
});

test('an object that is deleted meanwhile is gone, before its write or after a conflict', async () => {
  const store = new FakeStore(20);
  store.before = ({method, path}, n) => {
    if (method !== 'PUT') return;
    if (n === 3) store.remove(keyOf(path));
    if (path.includes('s-00015')) {
      store.touch(keyOf(path));
      queueMicrotask(() => setImmediate(() => store.remove('shop/s-00015')));
    }
  };
  expect(await run(store)).toMatchObject({total: 20, rewritten: 18, gone: 2});
});

test('one that was deleted and made anew is another object, and is rewritten too', async () => {
  const store = new FakeStore(3);
  store.before = ({method, path}, n) => {
    if (method !== 'PUT' || n !== 2) return undefined;
    store.remove(keyOf(path));
    store.create(keyOf(path));
    return undefined;
  };
  expect(await run(store)).toMatchObject({total: 3, rewritten: 3, conflicts: 1});
  expect(store.stale).toEqual([]);
});

test.each([
  [
    'a webhook that refuses',
    status(403, 'Forbidden', {}, 'admission webhook "a.b" denied the request: no'),
    /denied the request: no/,
  ],
  [
    'a webhook that is not there',
    status(500, 'InternalError', {}, 'failed calling webhook "a.b": connection refused'),
    /calling webhook/,
  ],
  [
    'an etcd to which the object is too large',
    status(500, 'InternalError', {}, 'etcdserver: request is too large'),
    /request is too large/,
  ],
  [
    'a value that is not valid any more',
    status(422, 'Invalid', {causes: [{field: 'data', message: 'too long'}]}),
    /data: too long/,
  ],
])('%s is told with the object, and the rest goes on', async (_case, refusal, why) => {
  const store = new FakeStore(10);
  store.before = ({method, path}) => (method === 'PUT' && path.includes('s-00003') ? refusal : undefined);
  expect(await run(store)).toMatchObject({rewritten: 9, failed: [{key: 'shop/s-00003', why: expect.stringMatching(why)}]});
});

test.each([
  ['a lost connection', lost],
  ['a server that is not ready', () => status(503, 'ServiceUnavailable')],
  ['a server that is too busy', () => status(429, 'TooManyRequests')],
  ['an etcd that elects a leader', () => status(500, 'InternalError', {}, 'etcdserver: leader changed')],
  ['an etcd that restarts', () => status(500, 'InternalError', {}, 'rpc error: code = Unavailable desc = x')],
  ['admission that is not ready', () => status(403, 'Forbidden', {}, 'not yet ready to handle request')],
])('%s in the middle is waited for', async (_case, trouble) => {
  const store = new FakeStore(60);
  let until = 0;
  store.before = (_request, n) => {
    if (n === 30) until = Date.now() + 400;
    if (Date.now() >= until) return undefined;
    const outcome = trouble();
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  expect(await run(store)).toMatchObject({total: 60, rewritten: 60});
  expect(store.stale).toEqual([]);
});

test('a write that was taken and whose answer was lost is no conflict with oneself that stays', async () => {
  const store = new FakeStore(5);
  const {send} = store;
  let first = true;
  store.send = async (request, signal) => {
    const response = await send.call(store, request, signal);
    if (request.method !== 'PUT' || !first) return response;
    first = false;
    throw lost();
  };
  expect(await run(store, {othersCount: true})).toMatchObject({total: 5, rewritten: 4, othersWrote: 1});
  expect(store.stale).toEqual([]);
});

test('right after an outage a refusal for lack of rights may be none', async () => {
  const store = new FakeStore(30);
  let phase = 0;
  store.before = () => {
    if (phase++ < 4)
      return phase % 2 ? status(503, 'ServiceUnavailable') : status(403, 'Forbidden', {}, 'User "kops" cannot list');
    return undefined;
  };
  expect(await run(store)).toMatchObject({total: 30, rewritten: 30});
});

test('a server that does not come back ends it with what is wrong', async () => {
  const store = new FakeStore(60);
  store.before = (_request, n) => {
    if (n > 30) throw lost();
    return undefined;
  };
  await expect(run(store, {patience: 300})).rejects.toThrow('cannot reach the API server');
});

test('an API server that answers reads, and no writes any more, ends it', async () => {
  const store = new FakeStore(1000);
  store.before = ({method}, n) => (method === 'PUT' && n > 30 ? status(504, 'Timeout') : undefined);
  await expect(run(store, {patience: 100})).rejects.toMatchObject({message: expect.stringContaining('s-000')});
  expect(store.requests.length).toBeLessThan(500);
});

test('an etcd that is full ends it at once', async () => {
  const store = new FakeStore(1000);
  const full = status(500, 'InternalError', {}, 'etcdserver: mvcc: database space exceeded');
  store.before = ({method}, n) => (method === 'PUT' && n > 30 ? full : undefined);
  await expect(run(store)).rejects.toMatchObject({
    message: expect.stringContaining("etcd's database is full"),
    why: expect.stringContaining('quota'),
  });
  expect(store.requests.length).toBeLessThan(80);
});

test("one object whose write never gets an answer is that object's trouble", async () => {
  const store = new FakeStore(400);
  store.before = async ({path}) => {
    if (path.includes('s-00003')) throw lost();
    await new Promise((resolve) => setTimeout(resolve, 10));
    return undefined;
  };
  expect(await run(store, {patience: 50})).toMatchObject({
    rewritten: 399,
    failed: [{key: 'shop/s-00003', why: 'cannot reach the API server'}],
  });
});

test.each(['list', 'update'])('without the right to %s it ends at once', async (verb) => {
  const store = new FakeStore(100);
  store.before = ({method}) =>
    (method === 'PUT') === (verb === 'update')
      ? status(403, 'Forbidden', {}, `secrets is forbidden: User "jane" cannot ${verb} resource "secrets" in API group ""`)
      : undefined;
  await expect(run(store)).rejects.toMatchObject({message: expect.stringContaining(`jane may not ${verb} secrets`), exitCode: 5});
  expect(store.requests.length).toBeLessThan(40);
});

test('a list that the server cannot read is a Problem that says why, and is not asked for over and over', async () => {
  const store = new FakeStore(3);
  store.before = () =>
    status(500, 'InternalError', {}, 'Internal error occurred: unable to transform key "/registry/secrets/shop/x"');
  await expect(run(store)).rejects.toMatchObject({why: expect.stringContaining('unable to transform key')});
  expect(store.requests).toHaveLength(1);
});

test('Ctrl-C ends it with the reason it was given', async () => {
  const store = new FakeStore(500);
  const abort = new AbortController();
  store.before = (_request, n) => void (n === 50 && abort.abort(new Error('enough')));
  await expect(rewrite(store, [secrets], ours, abort.signal)).rejects.toThrow('enough');
  expect(store.requests.length).toBeLessThan(80);
});

test('just the objects that are known to be stale', async () => {
  const store = new FakeStore(10);
  const stale = [
    {namespace: 'shop', name: 's-00003'},
    {namespace: 'shop', name: 'gone'},
  ];
  expect(await run(store, {}, {...secrets, stale})).toEqual({resource: 'secrets', total: 2, rewritten: 1, gone: 1});
  expect(store.requests.sort()).toEqual([
    'GET namespaces/shop/secrets/gone',
    'GET namespaces/shop/secrets/s-00003',
    'PUT namespaces/shop/secrets/s-00003?fieldManager=kops',
  ]);
});

test('a dry run by the server asks it to store nothing', async () => {
  const store = new FakeStore(5);
  expect(await run(store, {dryRun: true})).toEqual({resource: 'secrets', total: 5, unchanged: 5});
  expect(store.stale).toHaveLength(5);
});

test('progress grows to the total, and never says more than all', async () => {
  const store = new FakeStore(700);
  store.before = async () => new Promise((resolve) => setTimeout(resolve, 4, undefined));
  const told: RewriteProgress[] = [];
  await run(store, {onProgress: (progress) => told.push(progress)});
  expect(told.length).toBeGreaterThan(1);
  expect(told.every(({done, total}) => done <= total && total === 700)).toBe(true);
  expect(told.map(({done}) => done)).toEqual([...told.map(({done}) => done)].sort((a, b) => a - b));
  expect(told.at(-1)).toMatchObject({resource: 'secrets', done: 700});
});

const keyOf = (path: string): string => /namespaces\/([^/]+)\/secrets\/([^/?]+)/.exec(path)?.slice(1).join('/') ?? '';

/** Somebody else writes each of the first objects right before it is written back. */
function touchOnce(store: FakeStore, count: number): FakeStore['before'] {
  const left = new Set(store.keys.slice(0, count));
  return ({method, path}) => void (method === 'PUT' && left.delete(keyOf(path)) && store.touch(keyOf(path)));
}

describe('with more bytes under way than may be', () => {
  /** 20 Secrets of 1 MB. */
  function large(): FakeStore {
    const store = new FakeStore(0);
    for (let i = 0; i < 20; i++) store.create(`shop/s-${i}`, true, `"data":{"dump":"${'A'.repeat(1_000_000)}"}`);
    return store;
  }

  test('Ctrl-C ends it', async () => {
    const store = large();
    const controller = new AbortController();
    store.before = ({method}) => {
      if (method !== 'PUT') return undefined;
      controller.abort(new Error('interrupted'));
      throw controller.signal.reason;
    };
    await expect(rewrite(store, [secrets], ours, controller.signal)).rejects.toThrow('interrupted');
  });

  test('a server that is lost for good ends it', async () => {
    const store = large();
    store.before = ({method}) => {
      if (method === 'PUT') throw lost();
      return undefined;
    };
    await expect(rewrite(store, [secrets], {...ours, patience: 0}, never)).rejects.toThrow('cannot reach the API server');
  });
});
