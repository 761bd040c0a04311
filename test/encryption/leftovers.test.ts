import {expect, test} from 'vitest';
import {
  type EncryptionConfiguration,
  type Provider,
  renderConfiguration,
} from '../../src/encryption/configuration/configuration.ts';
import {refuseLeftovers} from '../../src/encryption/leftovers.ts';
import type {Transaction} from '../../src/encryption/transaction/record.ts';
import type {Cluster} from '../../src/kube/cluster.ts';
import {configurationOf, identity, ruleOf, secretbox} from '../support/encryption-configurations.ts';
import {memoryEtcd} from '../support/memory-etcd.ts';
import {secretbox as stored} from '../support/stored.ts';

const {signal} = new AbortController();

type Providers = Provider[];
const everything = (...providers: Providers) => configurationOf(ruleOf('*.*', ...providers));
const beside = (...providers: Providers) => configurationOf(ruleOf('widgets.example.com', identity), ruleOf('*.*', ...providers));
const named = (...providers: Providers) => configurationOf(ruleOf('secrets services gadgets.example.com', ...providers));

/** What is found in plaintext, or under the key `a`, at this key before `final`. */
async function found(
  path: string,
  stages: (...providers: Providers) => EncryptionConfiguration,
  {
    value = Buffer.from('k8s\0'),
    final = [secretbox('a')],
    resources = ['secrets'],
  }: {
    value?: Buffer;
    final?: Providers;
    resources?: string[];
  } = {},
): Promise<string | undefined> {
  const plane = {
    context: 'x',
    nodes: [],
    etcd: memoryEtcd({[path]: value, '/registry/secrets/shop/db': stored('a', Buffer.from('{}'))}),
    etcdPrefix: '/registry',
    elsewhere: [],
    cluster: {} as Cluster, // nothing is asked of it
  };
  const transaction = {operation: 'setup', rewrite: true, retires: [], resources} as unknown as Transaction;
  const [write, end] = [stages(secretbox('a'), identity), stages(...final)].map((stage) =>
    Buffer.from(renderConfiguration(stage)),
  );
  if (write === undefined) return expect.unreachable();
  const refused = refuseLeftovers(plane, transaction, {write, final: end}, await plane.etcd.revision(signal), signal);
  return refused.then(
    () => undefined,
    ({why}) => why,
  );
}

test.each<[string, string, typeof everything]>([
  ['of a kind that came after the plan, under a wildcard', '/registry/example.com/widgets/shop/a', everything],
  ['of a named kind that is not served', '/registry/example.com/gadgets/shop/a', named],
  ['of a kind of the core group with a path of its own', '/registry/services/specs/shop/a', named],
])('a strict change does not end while plaintext is left %s', async (_case, key, stages) => {
  expect(await found(key, stages)).toBe(key);
  expect(await found(key, stages, {value: stored('a', Buffer.from('{}'))})).toBeUndefined();
  expect(await found(key, stages, {final: [secretbox('a'), identity]})).toBeUndefined();
});

test.each([
  ['of a kind that stays plaintext by a rule of its own', '/registry/example.com/widgets/shop/a', beside],
  ['that no rule covers', '/registry/example.com/widgets/shop/a', named],
  ['of a node port allocator, which API servers never encrypt', '/registry/ranges/servicenodeports', everything],
  ['of the leases that API servers keep for themselves', '/registry/masterleases/10.0.0.1', everything],
])('plaintext %s is in nobody’s way', async (_case, key, stages) => {
  expect(await found(key, stages)).toBeUndefined();
});
