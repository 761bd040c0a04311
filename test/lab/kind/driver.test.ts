import {existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {Driver} from '../../../src/lab/driver.ts';
import {createKindDriver} from '../../../src/lab/kind/driver.ts';
import type {Kind, NodeContainer} from '../../../src/lab/kind/engine.ts';
import {ExitCode, Problem} from '../../../src/problem.ts';
import type {Progress} from '../../../src/progress.ts';

const config = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes: [{role: control-plane}]\n';
const {signal} = new AbortController();
const quiet: Progress = {
  run: async (steps) => {
    for (const step of steps) await step.run(() => {});
  },
};

/** kind and an engine of its own: containers and nothing in them. */
class FakeKind implements Kind {
  all: NodeContainer[] = [];
  readonly images: (string | undefined)[] = [];
  /** What happens before anything of a cluster is made, and while it is. */
  before = async (): Promise<void> => {};
  during = async (): Promise<void> => {};
  private made = 0;

  /** A cluster as `kind create cluster` makes it, by whomever. */
  add(cluster: string, createdAt = Date.now()): void {
    const id = `id${++this.made}`;
    this.all.push({id, name: `${cluster}-control-plane`, cluster, role: 'control-plane', running: true, createdAt});
  }
  stopAll(): void {
    this.all = this.all.map((container) => ({...container, running: false}));
  }

  whyNot = async () => undefined;
  containers = async () => [...this.all];
  create: Kind['create'] = async ({cluster, kubeconfig, image}, detail) => {
    if (this.all.some((container) => container.cluster === cluster)) return false;
    this.images.push(image);
    detail('Ensuring node image');
    await this.before();
    detail('Preparing nodes');
    this.add(cluster);
    await this.during();
    writeFileSync(kubeconfig, `kubeconfig of ${cluster}`);
    return true;
  };
  usable: Kind['usable'] = async () => ({version: 'v1.37.2', server: 'https://127.0.0.1:6443'});
  start: Kind['start'] = async (containers) => {
    const names = containers.map(({name}) => name);
    this.all = this.all.map((container) => (names.includes(container.name) ? {...container, running: true} : container));
  };
  delete: Kind['delete'] = async (cluster) => {
    this.all = this.all.filter((container) => container.cluster !== cluster);
  };
}

let clusters: string;
let kind: FakeKind;
let driver: Driver;
beforeEach(() => {
  clusters = mkdtempSync(join(tmpdir(), 'kops-kind-'));
  kind = new FakeKind();
  driver = createKindDriver(kind, {clusters, config, image: 'node:ours'});
});
afterEach(() => rmSync(clusters, {recursive: true, force: true}));

const up = (spec: {image?: string; workers?: number} = {}, abort = signal) => driver.up({name: 'x', ...spec}, quiet, abort);
/** An `up` that SIGKILL ends at that moment: what it wrote and made stays, its lock does not. */
async function killedUp(when: 'before' | 'during'): Promise<void> {
  const reached = Promise.withResolvers<void>();
  const behaviour = kind[when];
  kind[when] = () => {
    reached.resolve();
    return new Promise(() => {});
  };
  const folder = mkdtempSync(join(tmpdir(), 'kops-killed-'));
  void createKindDriver(kind, {clusters: folder, config, image: undefined}).up({name: 'x'}, quiet, signal);
  await reached.promise;
  kind[when] = behaviour;
  renameSync(join(folder, 'x'), join(clusters, 'x'));
  rmSync(folder, {recursive: true});
}

const clustersThere = () => kind.all.map(({cluster}) => cluster);

describe('up', () => {
  test('makes a cluster, once', async () => {
    const created = await up();
    expect(created).toMatchObject({
      outcome: 'created',
      kubeconfig: 'kubeconfig of x',
      status: {state: 'up', context: 'kind-x', version: 'v1.37.2', nodes: ['x-control-plane']},
    });
    expect(await up()).toEqual({...created, outcome: 'unchanged'});
    expect(clustersThere()).toEqual(['x']);
  });

  test('takes the image of the flag before that of the environment', async () => {
    await up({image: 'node:asked'});
    expect(kind.images).toEqual(['node:asked']);
    await expect(up({image: 'node:other'})).rejects.toMatchObject({exitCode: ExitCode.usage, message: /other node image/});
  });

  test('starts nodes that stopped', async () => {
    await up();
    kind.stopAll();
    expect((await driver.status('x', signal))?.state).toBe('stopped');
    expect(await up()).toMatchObject({outcome: 'restarted', status: {state: 'up'}});
  });

  test('refuses other nodes than those there are', async () => {
    await up();
    await expect(up({workers: 2})).rejects.toMatchObject({exitCode: ExitCode.usage, why: /it has 0, asked for was 2/});
  });

  test.each([
    ['fails', () => Promise.reject(new Problem('no', {exitCode: ExitCode.negative})), 'no'],
    ['is interrupted', () => Promise.reject(new DOMException('This operation was aborted', 'AbortError')), 'aborted'],
  ])('leaves nothing where it %s', async (_case, during, message) => {
    kind.during = during;
    await expect(up()).rejects.toThrow(message);
    expect(clustersThere()).toEqual([]);
    expect(readdirSync(clusters)).toEqual([]);
  });

  test('also removes what the engine finished only after kind was ended', async () => {
    kind.during = () => Promise.reject(new Error('interrupted'));
    const remove = kind.delete;
    kind.delete = async (...args) => {
      kind.delete = remove;
      await remove(...args);
      kind.add('x');
    };
    await expect(up()).rejects.toThrow('interrupted');
    expect(clustersThere()).toEqual([]);
  });

  test('begins anew where the one before was killed half-way', async () => {
    await killedUp('during');
    expect(await driver.status('x', signal)).toMatchObject({state: 'degraded', version: 'unknown'});
    expect(await up()).toMatchObject({outcome: 'created'});
    expect(kind.all.map(({id}) => id)).toEqual(['id2']);
  });

  test('makes a cluster again that was deleted with kind', async () => {
    await up();
    await kind.delete('x', '', signal);
    expect(await driver.status('x', signal)).toBeUndefined();
    expect(await up()).toMatchObject({outcome: 'created'});
  });
});

describe('clusters that somebody else made', () => {
  test('are no labs, and neither brought up nor taken down', async () => {
    kind.add('x');
    expect(await driver.status('x', signal)).toBeUndefined();
    expect(await driver.list(signal)).toEqual([]);
    await expect(up()).rejects.toMatchObject({
      message: 'there is a kind cluster x that kops did not make',
      exitCode: ExitCode.usage,
    });
    expect(await driver.down('x', signal)).toBe(false);
    expect(clustersThere()).toEqual(['x']);
  });

  test('are left alone though one of ours had their name before', async () => {
    await up();
    await kind.delete('x', '', signal);
    kind.add('x');
    await expect(up()).rejects.toThrow('kops did not make');
    expect(await driver.down('x', signal)).toBe(false);
    expect(clustersThere()).toEqual(['x']);
    expect(existsSync(join(clusters, 'x'))).toBe(false);
  });

  test.each([
    ['before it had made anything', 'before', 0],
    ['while it made nodes, and long before', 'during', 3_600_000],
  ] as const)('are left alone though an up of ours was killed %s', async (_case, when, later) => {
    await killedUp(when);
    kind.all = [];
    kind.add('x', Date.now() + later);
    expect(await driver.status('x', signal)).toBeUndefined();
    await expect(up()).rejects.toThrow('kops did not make');
    expect(await driver.down('x', signal)).toBe(false);
    expect(clustersThere()).toEqual(['x']);
  });

  test('are left alone though they appeared while ours was about to be made', async () => {
    const create = kind.create;
    kind.create = async (...args) => {
      kind.add('x');
      return create(...args);
    };
    await expect(up()).rejects.toThrow('kops did not make');
    expect(clustersThere()).toEqual(['x']);
  });
});

test('down removes the cluster and all that is remembered of it', async () => {
  await up();
  kind.add('y');
  expect((await driver.list(signal)).map(({name}) => name)).toEqual(['x']);
  expect(await driver.down('x', signal)).toBe(true);
  expect(clustersThere()).toEqual(['y']);
  expect(readdirSync(clusters)).toEqual([]);
  expect(await driver.down('x', signal)).toBe(false);
});

test('the kubeconfig of a lab that is not there is a problem', async () => {
  await expect(driver.kubeconfig('x', signal)).rejects.toMatchObject({why: 'there is no such lab', exitCode: ExitCode.noAccess});
});
