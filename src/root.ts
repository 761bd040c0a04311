import {readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

/** The folder of the package, from its sources as from its bundle: the nearest one above with a package.json that says `kops`. */
export function packageRoot(from: string = import.meta.url): string {
  for (let folder = dirname(fileURLToPath(from)); folder !== dirname(folder); folder = dirname(folder)) {
    if (nameOf(join(folder, 'package.json')) === 'kops') return folder;
  }
  throw new Error(`no package.json of kops above ${from}`);
}

function nameOf(packageJson: string): string | undefined {
  try {
    return JSON.parse(readFileSync(packageJson, 'utf8')).name;
  } catch {
    return undefined;
  }
}
