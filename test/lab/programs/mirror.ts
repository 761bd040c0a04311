import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {releaseFiles} from '../../../src/lab/programs/releases.ts';

export interface Mirror extends AsyncDisposable {
  readonly url: string;
  /** What is served, by path; a function answers itself. */
  readonly files: Map<string, Buffer | string | ((response: ServerResponse) => void)>;
  readonly asked: string[];
}

/** A mirror of the releases whose programs are one-line shell scripts that print their name. */
export async function startMirror(platform: string): Promise<Mirror> {
  const files: Mirror['files'] = new Map();
  const asked: string[] = [];
  const server = createServer(({url = ''}, response) => {
    asked.push(url);
    const content = files.get(url);
    if (content === undefined) response.writeHead(404).end();
    else if (typeof content === 'function') content(response);
    else response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  for (const release of releaseFiles(platform, url)) {
    const path = (full: string) => full.slice(url.length);
    const content = release.archive ? archive(release.archive, release.programs) : script(release.programs[0] ?? '');
    const hash = createHash('sha256').update(content).digest('hex');
    files.set(path(release.url), content);
    files.set(
      path(release.checksum.url),
      {
        hash,
        sums: `${'0'.repeat(64)}  another\n${hash}  ${release.name}\n`,
        'github-release': JSON.stringify({assets: [{name: release.name, digest: `sha256:${hash}`}]}),
      }[release.checksum.format],
    );
  }
  return {
    url,
    files,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const script = (name: string): string => `#!/bin/sh\necho ${name}\n`;

function archive(folder: string, programs: readonly string[]): Buffer {
  const root = mkdtempSync(join(tmpdir(), 'kops-archive-'));
  try {
    mkdirSync(join(root, folder));
    for (const program of programs) writeFileSync(join(root, folder, program), script(program), {mode: 0o755});
    writeFileSync(join(root, folder, 'README.md'), 'not a program');
    execFileSync('tar', ['-czf', join(root, 'a.tar.gz'), '-C', root, folder]);
    return readFileSync(join(root, 'a.tar.gz'));
  } finally {
    rmSync(root, {recursive: true});
  }
}
