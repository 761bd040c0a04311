import {readFile} from 'node:fs/promises';
import {delimiter, join, resolve} from 'node:path';
import {ExitCode, Problem} from '../../problem.ts';
import {inClusterKubeconfig} from './in-cluster.ts';
import {type Kubeconfig, mergeKubeconfigs, parseKubeconfig} from './kubeconfig.ts';

/** What the process was started with. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/**
 * Reads what kubectl would: the file named on the command line and no other; else the files of $KUBECONFIG; else ~/.kube/config; and
 * where there is none of these, in a pod, the cluster it runs in. Of a list, files may be missing.
 */
export async function readKubeconfig(explicit: string | undefined, surroundings: Surroundings): Promise<Kubeconfig> {
  if (explicit !== undefined) {
    const text = await readIfThere(explicit);
    if (text === undefined) {
      throw new Problem(`the kubeconfig ${explicit} does not exist`, {
        why: 'it was named with --kubeconfig',
        next: 'name another file, or leave --kubeconfig out to use $KUBECONFIG or ~/.kube/config',
        exitCode: ExitCode.usage,
      });
    }
    return parseKubeconfig(text, resolve(explicit));
  }
  const files = defaultFiles(surroundings);
  const texts = await Promise.all(files.map(readIfThere));
  const found = files.flatMap((file, i) => {
    const text = texts[i];
    return text === undefined ? [] : [parseKubeconfig(text, resolve(file))];
  });
  if (found.length > 0) return mergeKubeconfigs(found);
  const inCluster = await inClusterKubeconfig(surroundings.env);
  if (inCluster) return inCluster;
  throw new Problem('there is no cluster to talk to', {
    why: `no kubeconfig was found: there is no ${files.join(' and no ')}`,
    next: 'kops lab up',
    exitCode: ExitCode.noAccess,
  });
}

/** The files kubectl would merge, each once. */
function defaultFiles({env, home}: Surroundings): string[] {
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  return listed.length > 0 ? [...new Set(listed)] : [join(home, '.kube', 'config')];
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new Problem(`the kubeconfig ${file} cannot be read`, {
      why: code === 'EACCES' ? 'permission denied' : code === 'EISDIR' ? 'it is a directory' : String(code),
      next: 'mend the file, or name another with --kubeconfig',
      exitCode: ExitCode.usage,
      cause: error,
    });
  }
}
