import {join} from 'node:path';
import {ExitCode, Problem} from '../../problem.ts';
import {packageRoot} from '../../root.ts';
import {withLock} from '../lock.ts';
import {build, REQUIRED_GO, whyNotBuild} from './build.ts';
import {builtFolder, isComplete, platformOf, releasedFolder} from './cache.ts';
import {download, Unavailable} from './download.ts';
import {releaseFiles} from './releases.ts';

/** Where the programs of a lab come from. */
export interface Programs {
  /** The folder of programs that are here already. */
  cached(): string | undefined;
  /** Downloads or builds them. Resolves with their folder; rejects with a Problem. */
  fetch(detail: (text: string) => void, signal: AbortSignal): Promise<string>;
}

const WAYS = {
  auto: ['build', 'release'],
  build: ['build'],
  release: ['release'],
} as const;

/**
 * From the cache, else the official releases, else by `go build`. KOPS_LAB_PROGRAMS=build or =release allows one way only: what is built
 * polls an encryption configuration every second, what is released every minute. KOPS_LAB_RELEASES_URL names a mirror of the releases.
 */
export function createPrograms(cache: string, env: NodeJS.ProcessEnv): Programs {
  const wanted = wayOf(env.KOPS_LAB_PROGRAMS);
  const source = join(packageRoot(), 'src/lab/program');
  const platform = platformOf(process.platform, process.arch);
  const folders = {build: builtFolder(cache, source, platform), release: releasedFolder(cache, platform)};
  const allowed = (way: 'build' | 'release') => WAYS[wanted].some((one) => one === way);
  const cached = () => WAYS[wanted].map((way) => folders[way]).find(isComplete);

  async function fetchLocked(detail: (text: string) => void, signal: AbortSignal): Promise<string> {
    const there = cached();
    if (there) return there;
    const reasons: string[] = [];
    if (allowed('release')) {
      try {
        detail('downloading the official releases');
        await download(releaseFiles(platform, env.KOPS_LAB_RELEASES_URL || undefined), folders.release, detail, env, signal);
        return folders.release;
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        reasons.push(`the releases cannot be had: ${error.message}`);
      }
    }
    if (allowed('build')) {
      const reason = await whyNotBuild(env, signal);
      if (reason === undefined) {
        await build(source, folders.build, detail, env, signal);
        return folders.build;
      }
      reasons.push(reason);
    }
    throw new Problem("the lab's programs are not here and cannot be made", {
      why: reasons.join('\n'),
      next: `install Go ${REQUIRED_GO} or newer, or Docker and kind for kops lab up --driver kind`,
      exitCode: ExitCode.negative,
    });
  }

  return {
    cached,
    fetch: (detail, signal) =>
      withLock(
        cache,
        () => fetchLocked(detail, signal),
        signal,
        () => detail('another kops is getting them: waiting for it'),
      ),
  };
}

function wayOf(value = 'auto'): keyof typeof WAYS {
  if (value in WAYS) return value as keyof typeof WAYS;
  throw new Problem(`KOPS_LAB_PROGRAMS is "${value}"`, {
    why: `it says where the lab's programs come from: ${Object.keys(WAYS).join(', ')}`,
    exitCode: ExitCode.usage,
  });
}
