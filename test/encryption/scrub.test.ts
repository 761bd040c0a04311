import {expect, test, vi} from 'vitest';
import {planScrub, scrub} from '../../src/encryption/scrub.ts';
import {renderScrub} from '../../src/encryption/view/scrub.ts';
import type {EtcdMember} from '../../src/etcd/etcd.ts';
import type {Progress} from '../../src/progress.ts';
import {createTheme} from '../../src/text/screen.ts';
import {aMember, memoryEtcd} from '../support/memory-etcd.ts';

const {signal} = new AbortController();
const screen = {theme: createTheme(false), width: 80, now: 0};
const progress: Progress = {
  async run(steps) {
    for (const step of steps) await step.run(() => {});
  },
};
const three = () =>
  Object.assign(memoryEtcd({'/registry/secrets/shop/db': 'x'}), {
    memberList: [aMember('a', {isLeader: true, dbSize: 30_000_000}), aMember('b'), aMember('c')],
  });

test('earlier revisions are forgotten, then one member after the other gives its space back, the leader last', async () => {
  const etcd = three();
  const defragment = vi.spyOn(etcd, 'defragment').mockImplementation(async ({name}: EtcdMember) => {
    etcd.asked.push(`defragment ${name}`);
    etcd.memberList = etcd.memberList.map((member) => (member.name === name ? {...member, dbSize: 4096} : member));
  });
  const report = await scrub(etcd, await planScrub(etcd, 'kind-kops', signal), progress, signal);
  expect(etcd.asked).toEqual(['compact 2', 'defragment b', 'defragment c', 'defragment a']);
  expect(defragment).toHaveBeenCalledTimes(3);
  expect(report).toMatchObject({
    kind: 'EtcdScrub',
    dryRun: false,
    revision: 2,
    members: [
      {name: 'b', before: 8192, after: 4096},
      {name: 'c', before: 8192, after: 4096},
      {name: 'a', before: 30_000_000, after: 4096},
    ],
  });
  expect(renderScrub(report, screen)).toContain('a  29 MiB → 4.0 KiB');
});

test('the next member waits until the one before is well again', async () => {
  const etcd = three();
  let looks = 0;
  vi.spyOn(etcd, 'defragment').mockImplementation(async ({name}: EtcdMember) => {
    etcd.asked.push(`defragment ${name}`);
    const well = etcd.memberList;
    etcd.memberList = well.map((member) => (member.name === name ? {...member, errors: ['no answer']} : member));
    looks = 0;
    vi.spyOn(etcd, 'members').mockImplementation(async () => {
      looks += 1;
      etcd.asked.push('members');
      if (looks === 3) etcd.memberList = well;
      return etcd.memberList;
    });
  });
  await scrub(etcd, await planScrub(etcd, 'kind-kops', signal), progress, signal);
  const between = etcd.asked.slice(etcd.asked.indexOf('defragment b') + 1, etcd.asked.indexOf('defragment c'));
  expect(between.length).toBeGreaterThanOrEqual(3);
});

test('a plan changes nothing', async () => {
  const etcd = three();
  const plan = await planScrub(etcd, 'kind-kops', signal);
  expect(etcd.asked).toEqual([]);
  expect(plan).toMatchObject({dryRun: true, members: [{name: 'b', after: null}, {name: 'c'}, {name: 'a', isLeader: true}]});
  expect(renderScrub(plan, screen)).toMatchInlineSnapshot(`
    "Scrub etcd of kind-kops  memory
      compact     forgets every revision before the present one (2 now); watches
                  that lag behind start anew
      defragment  3 members, one at a time, the leader last; each answers nothing
                  meanwhile
                  b  8.0 KiB
                  c  8.0 KiB
                  a, the leader  29 MiB
      stays       backups, the write-ahead log until etcd has cut it, and blocks
                  that the file system has given up
    dry run: nothing changed"
  `);
});

test('etcd that is not healthy is left alone', async () => {
  const etcd = three();
  etcd.memberList = [aMember('a', {isLeader: true}), aMember('b', {errors: ['no answer: connection refused']})];
  await expect(planScrub(etcd, 'kind-kops', signal)).rejects.toMatchObject({
    message: 'etcd is not healthy enough to be scrubbed',
    why: 'b: no answer: connection refused',
    exitCode: 3,
  });
});

test('a second scrub with nothing written in between is no failure', async () => {
  const etcd = three();
  for (const _ of [1, 2]) await scrub(etcd, await planScrub(etcd, 'kind-kops', signal), progress, signal);
  expect(etcd.asked.filter((asked) => asked.startsWith('compact'))).toEqual(['compact 2', 'compact 2']);
});
