import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {images} from './images.ts';
import {liveCluster} from './live.ts';
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

/** Of the node image of the cluster that all tests share. */
export async function createOwnCluster(prefix: string): Promise<OwnCluster> {
  const name = `${prefix}-${process.pid}`;
  const node = `${name}-control-plane`;
  const folder = mkdtempSync(join(tmpdir(), 'kops-kind-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const shared = `${liveCluster().name}-control-plane`;
  const image = (await must('docker', ['inspect', '--format', '{{.Config.Image}}', shared])).trim();
  const remove = async () => {
    await start('kind', ['delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig]).ended;
    rmSync(folder, {recursive: true, force: true});
  };
  try {
    await must('kind', ['create', 'cluster', '--name', name, '--image', image, '--kubeconfig', kubeconfig, '--wait', '120s']);
    await must('kind', ['load', 'docker-image', '--name', name, images.shell]);
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
