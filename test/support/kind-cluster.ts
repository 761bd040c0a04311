import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {loadImages} from './images.ts';
import {start} from './process.ts';

/** A kind cluster of one test file alone, with one node, which that file may break. */
export interface OwnCluster {
  readonly kubeconfig: string;
  /** The container that is its node. */
  readonly node: string;
  /** Runs a script in the node; resolves with its standard output, whatever its exit code. */
  sh(script: string): Promise<string>;
  remove(): Promise<void>;
}

/** Has the image `shell` of the tests. */
export async function createOwnCluster(prefix: string): Promise<OwnCluster> {
  const name = `${prefix}-${process.pid}`;
  const node = `${name}-control-plane`;
  const folder = mkdtempSync(join(tmpdir(), 'kops-kind-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const image = process.env.KOPS_KIND_IMAGE ? ['--image', process.env.KOPS_KIND_IMAGE] : [];
  const remove = async () => {
    await start('kind', ['delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig]).ended;
    rmSync(folder, {recursive: true, force: true});
  };
  try {
    await must('kind', ['create', 'cluster', '--name', name, ...image, '--kubeconfig', kubeconfig, '--wait', '120s']);
    await loadImages(name, process.env);
  } catch (error) {
    await remove();
    throw error;
  }
  const sh = async (script: string) => (await start('docker', ['exec', node, 'sh', '-c', script]).ended).stdout;
  return {kubeconfig, node, sh, remove};
}

async function must(program: string, args: readonly string[]): Promise<string> {
  const {code, stdout, stderr} = await start(program, args).ended;
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}\n${stderr}`);
  return stdout;
}
