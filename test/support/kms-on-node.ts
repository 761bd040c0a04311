import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {build} from 'esbuild';
import {vi} from 'vitest';

/**
 * Runs the KMS plugin of these tests inside a node of kind, as a program of the node that is no pod: it ends with the node. Resolves once
 * it has its socket. A node has no Node.js of its own.
 */
export async function startKmsPluginOn(node: string, socket: string): Promise<void> {
  const docker = (...args: string[]) => execFileSync('docker', args, {stdio: 'ignore'});
  const folder = mkdtempSync(join(tmpdir(), 'kops-kms-'));
  try {
    const outfile = join(folder, 'plugin.cjs');
    const contents = `import {startKmsPlugin} from './kms-plugin.ts'; void startKmsPlugin(process.argv[2]);`;
    const stdin = {contents, resolveDir: import.meta.dirname};
    await build({stdin, bundle: true, platform: 'node', format: 'cjs', outfile, external: ['vitest'], logLevel: 'error'});
    docker('exec', node, 'mkdir', '-p', '/opt/kms', join(socket, '..'));
    docker('cp', '-L', process.execPath, `${node}:/opt/kms/node`);
    // The one library that it wants and a node has not.
    const [, atomic] = /libatomic\S+ => (\S+)/.exec(execFileSync('ldd', [process.execPath], {encoding: 'utf8'})) ?? [];
    if (atomic !== undefined) docker('cp', '-L', atomic, `${node}:/opt/kms/`);
    docker('cp', outfile, `${node}:/opt/kms/plugin.cjs`);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
  docker('exec', '-d', '-e', 'LD_LIBRARY_PATH=/opt/kms', node, '/opt/kms/node', '/opt/kms/plugin.cjs', socket);
  await vi.waitFor(() => docker('exec', node, 'test', '-S', socket), {timeout: 60_000, interval: 200});
}
