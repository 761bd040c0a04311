import {describe, expect, test} from 'vitest';
import {nodeApi, withDetour} from '../../src/encryption/server-api.ts';
import type {Api, RawRequest} from '../../src/kube/api.ts';
import {ConnectionProblem} from '../../src/kube/errors.ts';
import {AnswerTimeout} from '../../src/kube/http/transport.ts';
import type {Node} from '../../src/nodes/node.ts';

const {signal} = new AbortController();
const place = {context: 'x', server: 'https://10.0.0.1:6443'};
const get = (path: string): RawRequest => ({method: 'GET', path});

interface Recorded extends Api {
  readonly asked: string[];
  fails: Error | undefined;
}
function recorded(name: string, fails?: Error): Recorded {
  const api: Recorded = {
    ...place,
    asked: [],
    fails,
    async send({path}) {
      api.asked.push(path);
      if (api.fails) throw api.fails;
      return {status: 200, headers: {}, body: Buffer.from(name)};
    },
  };
  return api;
}
const failure = (cause: Error) => new ConnectionProblem('cannot reach it', {passing: true, cause});
const silent = failure(new AnswerTimeout(3000));
const coded = (code: string) => failure(Object.assign(new Error(code), {code}));

describe('the way to an API server', () => {
  test('is the direct one where that leads there, and the other is never tried', async () => {
    const [direct, detour] = [recorded('direct'), recorded('detour')];
    const api = withDetour(direct, detour);
    for (const path of ['/a', '/b']) expect((await api.send(get(path), signal)).body.toString()).toBe('direct');
    expect(direct.asked).toEqual(['/version', '/a', '/b']);
    expect(detour.asked).toEqual([]);
  });

  test.each([
    ['nothing answers', silent],
    ['there is no route', coded('EHOSTUNREACH')],
  ])('is over the node where %s directly, from then on', async (_case, error) => {
    const [direct, detour] = [recorded('direct', error), recorded('detour')];
    const api = withDetour(direct, detour);
    for (const path of ['/a', '/b']) expect((await api.send(get(path), signal)).body.toString()).toBe('detour');
    expect(direct.asked).toEqual(['/version']);
  });

  test('is not changed by a server that is down: it refuses, or answers on neither way', async () => {
    const [direct, detour] = [recorded('direct', coded('ECONNREFUSED')), recorded('detour')];
    const api = withDetour(direct, detour);
    await expect(api.send(get('/a'), signal)).rejects.toThrow('cannot reach it');
    expect(detour.asked).toEqual([]);

    direct.fails = silent;
    detour.fails = new ConnectionProblem('refused there too', {passing: true});
    await expect(api.send(get('/a'), signal)).rejects.toBe(silent);
    direct.fails = undefined;
    expect((await api.send(get('/a'), signal)).body.toString()).toBe('direct');
  });
});

describe('kubectl on the node', () => {
  const answering = (code: number, stdout: string, stderr = '') => {
    const calls: {args: readonly string[]; input: string | undefined}[] = [];
    const node: Node = {
      name: 'cp-1',
      access: 'ssh',
      root: '',
      async run(_script, args, {input}) {
        calls.push({args, input: input?.toString()});
        return {code, stdout: Buffer.from(stdout), stderr};
      },
      close: async () => {},
    };
    return {
      api: nodeApi(node, new URL('https://10.0.0.1:6443'), {...place, send: () => Promise.reject(new Error('not asked'))}),
      calls,
    };
  };

  test.each([
    [{method: 'GET', path: '/metrics', timeout: 5000}, 200, ['https://10.0.0.1:6443', '5s', 'get', '--raw', '/metrics']],
    [
      {method: 'POST', path: '/api/v1/namespaces/a/secrets', body: Buffer.from('{}')},
      201,
      ['https://10.0.0.1:6443', '30s', 'create', '--raw', '/api/v1/namespaces/a/secrets', '-f', '-'],
    ],
    [{method: 'DELETE', path: '/x'}, 200, ['https://10.0.0.1:6443', '30s', 'delete', '--raw', '/x']],
  ] as const)('%o', async (request, status, args) => {
    const {api, calls} = answering(0, 'answer');
    expect(await api.send(request, signal)).toMatchObject({status, body: Buffer.from('answer')});
    expect(calls).toEqual([{args, input: 'body' in request ? '{}' : undefined}]);
  });

  test.each([
    ['Error from server (NotFound): secrets "a" not found', 404, 'NotFound'],
    ['Warning: x\nError from server (Forbidden): no', 403, 'Forbidden'],
    ['Error from server: etcdserver: request timed out', 500, 'InternalError'],
    ['Error from server (Strange): x', 500, 'Strange'],
  ])('%j is an answer', async (stderr, status, reason) => {
    const response = await answering(1, '', stderr).api.send(get('/x'), signal);
    expect({status: response.status, ...JSON.parse(response.body.toString())}).toMatchObject({
      status: 'Failure',
      reason,
      code: status,
    });
    expect(response.status).toBe(status);
  });

  test('of an answer that is no Status the words are kept: they name the checks that failed', async () => {
    const stderr =
      'Error from server (InternalError): an error on the server ("[-]kms-providers failed: x\\nreadyz check failed")';
    const {status, body} = await answering(1, '', stderr).api.send(get('/readyz?verbose'), signal);
    expect({status, body: body.toString()}).toMatchObject({
      status: 500,
      body: expect.stringContaining('[-]kms-providers failed'),
    });
  });

  test.each([
    'The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?',
    'sh: 1: exec: kubectl: not found',
  ])('%j is none', async (stderr) => {
    await expect(answering(127, '', stderr).api.send(get('/x'), signal)).rejects.toMatchObject({
      message: 'cannot reach the API server https://10.0.0.1:6443 from cp-1',
      why: stderr,
      passing: true,
    });
  });
});
