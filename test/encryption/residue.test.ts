import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {findResidue, type ResidueSources} from '../../src/encryption/residue.ts';
import {type EncryptionVerification, exitCodeOfVerification} from '../../src/encryption/verify.ts';
import {renderResidue} from '../../src/encryption/view/residue.ts';
import type {Etcd} from '../../src/etcd/etcd.ts';
import {localNode} from '../../src/nodes/local.ts';
import {createTheme} from '../../src/text/screen.ts';
import {memoryEtcd} from '../support/memory-etcd.ts';
import {field, plainSecret, secretbox} from '../support/stored.ts';

const {signal} = new AbortController();
const SECRETS = [{resource: 'secrets', path: '/registry/secrets/'}];
const screen = {theme: createTheme(false), width: 80, now: 0};
const key = '/registry/secrets/shop/db';
const plain = plainSecret('db');

/** A record of etcd's database, and a write in its log. */
const record = (value: Buffer) =>
  Buffer.concat([field(1, key), field(2, 5), field(3, 9), field(4, 2), field(5, value), Buffer.alloc(500)]);
const logged = (value: Buffer) => Buffer.concat([Buffer.alloc(64), field(1, key), field(2, value), Buffer.alloc(64)]);

/** A node with etcd's files. */
function aMember(database: Buffer | undefined, log: Buffer) {
  const root = mkdtempSync(join(tmpdir(), 'kops-test-'));
  onTestFinished(() => rmSync(root, {recursive: true}));
  const folder = join(root, 'var/lib/etcd/member');
  mkdirSync(join(folder, 'snap'), {recursive: true});
  mkdirSync(join(folder, 'wal'));
  if (database) writeFileSync(join(folder, 'snap/db'), database);
  writeFileSync(join(folder, 'wal/0-0.wal'), log);
  writeFileSync(join(folder, 'wal/0.tmp'), logged(plain));
  const member = {
    namespace: 'kube-system',
    name: 'etcd-cp-1',
    node: 'cp-1',
    command: [],
    clientUrls: [],
    dataDir: '/var/lib/etcd',
  };
  return {node: localNode('cp-1', {root}), member, folder: join(root, 'var/lib/etcd')};
}

const looking = (sources: Partial<ResidueSources>, plaintext = 0) =>
  findResidue(
    {etcd: memoryEtcd(), members: [], snapshots: [], skipped: [], ...sources},
    SECRETS,
    {revision: 1, plaintext},
    signal,
  );

test('the database and the log of every member are looked into on their nodes', async () => {
  const members = [
    aMember(record(plain), logged(plain)),
    aMember(record(secretbox('key1', plain)), logged(secretbox('key1', plain))),
  ];
  const residue = await looking({members});
  expect(residue.files.map(({kind, plaintext, keys}) => [kind, plaintext, keys])).toEqual([
    ['database', 1, [key]],
    ['write-ahead log', 1, [key]],
    ['database', 0, []],
    ['write-ahead log', 0, []],
  ]);
  expect(residue).toMatchObject({ok: false, next: 'kops encrypt-at-rest scrub'});
});

test('a copy of the database that a killed run left on a node is looked into too', async () => {
  const member = aMember(record(secretbox('key1', plain)), Buffer.alloc(0));
  writeFileSync(join(member.folder, 'kops-snapshot.db.part'), record(plain));
  writeFileSync(join(member.folder, 'kops-snapshot.db.bak'), record(plain)); // of somebody else
  const residue = await looking({members: [member]});
  expect(residue.files.slice(2)).toMatchObject([
    {kind: 'snapshot', where: '/var/lib/etcd/kops-snapshot.db.part on cp-1', plaintext: 1},
  ]);
});

test('without a member within reach, etcd hands out its database', async () => {
  const etcd = Object.assign(memoryEtcd(), {file: record(plain)});
  expect((await looking({etcd})).files).toMatchObject([{kind: 'database', where: 'the database of memory', plaintext: 1}]);
});

test('the remains of a Secret whose key is overwritten are found', async () => {
  const cut = Buffer.concat([Buffer.alloc(20, 1), record(plain).subarray(30)]);
  expect((await looking({members: [aMember(cut, Buffer.alloc(0))]})).files[0]).toMatchObject({plaintext: 1, keys: []});
});

test('snapshots of this machine are looked into; one that cannot be read is no good news', async () => {
  const read = async function* () {
    yield record(plain).subarray(0, 100);
    yield record(plain).subarray(100);
  };
  const missing = async function* (): AsyncIterable<Buffer> {
    yield Buffer.alloc(0);
    throw new Error('ENOENT: no such file');
  };
  const residue = await looking({
    snapshots: [
      {path: 'a.db', read},
      {path: 'b.db', read: missing},
    ],
  });
  expect(residue.files.slice(1)).toMatchObject([
    {kind: 'snapshot', where: 'a.db', plaintext: 1, problem: null},
    {kind: 'snapshot', where: 'b.db', problem: 'ENOENT: no such file'},
  ]);
  expect(residue).toMatchObject({ok: false, next: 'delete the snapshots that nobody needs any more'});
});

test('a node that has no such files is not passed over in silence', async () => {
  const residue = await looking({members: [aMember(undefined, Buffer.alloc(0))]});
  expect(residue.files[0]).toMatchObject({kind: 'database', problem: 'there is no such file'});
  expect(residue.ok).toBe(false);
});

test('what has more old versions than kops looks at is not called free of plaintext', async () => {
  const to = 30_000;
  const at = (revision: number, value: Buffer = Buffer.alloc(0)) => ({
    key: Buffer.from(key),
    value,
    createRevision: 1,
    modRevision: revision,
    version: revision,
  });
  const old = secretbox('key1', plain);
  const etcd: Etcd = {
    ...memoryEtcd(),
    get: async (wanted, _signal, revision = to) => (String(wanted) === key ? at(revision, old) : undefined),
    async *range({revision = to}) {
      yield {revision, items: revision === to ? [at(to)] : []};
    },
  };
  const residue = await findResidue(
    {etcd, members: [], snapshots: [], skipped: []},
    SECRETS,
    {revision: to, plaintext: 0},
    signal,
  );
  expect(residue).toMatchObject({ok: false, onlyLog: false, revisions: {plaintext: 0, complete: false}});
  expect(renderResidue(residue, screen)).toMatchInlineSnapshot(`
    "✗ not everything could be looked at for plaintext of earlier times
      revisions        none  1 to 30000: 20000 superseded values, and there are more: kops stopped there
      database         none  the database of memory, 0 bytes
      look again in ten minutes, when API servers have made etcd forget the older
      versions; sooner: kops encrypt-at-rest scrub"
  `);
});

test('what is plaintext now comes first: it is in the files too', async () => {
  const residue = await looking({members: [aMember(record(plain), logged(plain))]}, 1);
  expect(residue.next).toBe('encrypt what is plaintext now: it is in these files too');
});

test('plaintext that only the log has left is etcd’s to drop, and it tells after how much', async () => {
  const clean = record(secretbox('key1', plain));
  const member = aMember(clean, logged(plain));
  writeFileSync(join(member.folder, 'member/wal/0-1.wal'), logged(secretbox('key1', plain)));
  const residue = await looking({members: [member]});
  expect(residue).toMatchObject({ok: false, onlyLog: true, files: [{}, {plaintext: 1, log: {files: 2, later: 1, keeps: 5}}]});
  expect(renderResidue(residue, screen)).toMatchInlineSnapshot(`
    "… plaintext of earlier times is left in etcd's write-ahead log only
      revisions        none  1 to 1: 0 superseded values
      database         none  /var/lib/etcd/member/snap/db on cp-1, 788 bytes
      write-ahead log  1 in plaintext  /var/lib/etcd/member/wal on cp-1, 754 bytes
                       etcd drops it by itself once it has written 4 more of these
                       files, of 64 MB each
      until then guard these disks; sooner: give what was plaintext new values, or
      one member after the other a new data folder"
  `);

  const whole = {ok: true, plaintext: 0, residue} as unknown as EncryptionVerification;
  expect(exitCodeOfVerification(whole)).toBe(4);
  expect(exitCodeOfVerification({...whole, ok: false})).toBe(3);
});

test.each([
  ['the database has some too', [], record(plain), false, 'etcd drops it by itself once it has written 5 more'],
  ['etcd keeps fewer files', ['--max-wals=1'], record(secretbox('key1', plain)), true, 'once it has written 1 more'],
  ['etcd keeps all files', ['--max-wals=0'], record(secretbox('key1', plain)), false, 'etcd never drops it'],
])('the log is waited for only where that helps: %s', async (_case, command, database, onlyLog, words) => {
  const member = aMember(database, logged(plain));
  const residue = await looking({members: [{...member, member: {...member.member, command}}]});
  expect(residue.onlyLog).toBe(onlyLog);
  expect(exitCodeOfVerification({ok: true, residue} as unknown as EncryptionVerification)).toBe(onlyLog ? 4 : 3);
  expect(renderResidue(residue, {...screen, width: 200})).toContain(words);
});

test('what is said where nothing is left, and where something is', async () => {
  expect(renderResidue(await looking({}), screen)).toMatchInlineSnapshot(`
    "✓ no plaintext is left of earlier times
      revisions        none  1 to 1: 0 superseded values
      database         none  the database of memory, 0 bytes"
  `);
  const residue = await looking({members: [aMember(record(plain), logged(plain))]});
  expect(renderResidue(residue, screen)).toMatchInlineSnapshot(`
    "✗ plaintext of earlier times is left
      revisions        none  1 to 1: 0 superseded values
      database         1 in plaintext
                       /var/lib/etcd/member/snap/db on cp-1, 722 bytes
      write-ahead log  1 in plaintext  /var/lib/etcd/member/wal on cp-1, 344 bytes
                       etcd drops it by itself once it has written 5 more of these
                       files, of 64 MB each
      try: kops encrypt-at-rest scrub"
  `);
  const others = await looking({skipped: ['kops-snapshot-20261123-143012-99999999.db', 'kops-snapshot-20261123-150000.db']});
  expect(renderResidue(others, screen)).toMatchInlineSnapshot(`
    "✓ no plaintext is left of earlier times
      revisions        none  1 to 1: 0 superseded values
      database         none  the database of memory, 0 bytes
      snapshots        2 here that may be of another cluster: not looked into
                       name one that is not: --snapshot FILE"
  `);
});
