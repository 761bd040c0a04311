import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test, vi} from 'vitest';
import {makeSocketFolder} from '../../src/nodes/ssh-folder.ts';

test('folders of processes that are gone are removed, all others stay', async () => {
  const home = mkdtempSync(join(tmpdir(), 'kops-test-'));
  vi.stubEnv('TMPDIR', home);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(home, {recursive: true});
  });
  const {pid: gone} = spawnSync('true');
  const stay = [`kops-ssh-${process.pid}-aaaaaa`, 'kops-sshd-1', 'other', `kops-ssh-${gone}-`];
  for (const name of [...stay, `kops-ssh-${gone}-bbbbbb`]) mkdirSync(join(home, name));
  writeFileSync(join(home, `kops-ssh-${gone}-bbbbbb`, 's'), '');
  symlinkSync(join(home, 'other'), join(home, `kops-ssh-${gone}-cccccc`));
  const made = await makeSocketFolder();
  const left = [...stay, `kops-ssh-${gone}-cccccc`, made.slice(home.length + 1)];
  expect(readdirSync(home).sort()).toEqual(left.sort());
});
