import {join} from 'node:path';
import {packageRoot} from '../../root.ts';
import {withLock} from '../lock.ts';
import {build} from './build.ts';
import {builtFolder, isComplete, platformOf} from './cache.ts';

/** Where the programs of a lab come from. */
export interface Programs {
  /** The folder of programs that are here already. */
  cached(): string | undefined;
  /** Downloads or builds them. Resolves with their folder; rejects with a Problem. */
  fetch(detail: (text: string) => void, signal: AbortSignal): Promise<string>;
}

export function createPrograms(cache: string, _env: NodeJS.ProcessEnv): Programs {
  const source = join(packageRoot(), 'src/lab/program');
  const built = builtFolder(cache, source, platformOf(process.platform, process.arch));
  const cached = () => (isComplete(built) ? built : undefined);
  return {
    cached,
    fetch: (detail, signal) =>
      withLock(
        built,
        async () => {
          if (!cached()) await build(source, built, detail, signal);
          return built;
        },
        signal,
        () => detail('waiting for another kops that is building them'),
      ),
  };
}
