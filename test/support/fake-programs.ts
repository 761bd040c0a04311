import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {onTestFinished, vi} from 'vitest';

/** Puts sh scripts before the programs of this machine, until the test ends. `alone`: there are no others. */
export function fakePrograms(scripts: Readonly<Record<string, string>>, {alone = false} = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'kops-programs-'));
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, {mode: 0o755});
  }
  vi.stubEnv('PATH', alone ? folder : `${folder}:${process.env.PATH}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, {recursive: true});
  });
  return folder;
}
