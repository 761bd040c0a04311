import {globSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';

export interface Import {
  /** Path from the repository's root: `src/rollout/assess.ts`. */
  readonly from: string;
  /** Such a path too, or what a package or Node's module is called. */
  readonly to: string;
  /** `import type`: gone when the program runs. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

/** Every TypeScript file below `folders`, relative to the working directory. */
export function readSources(folders: readonly string[]): SourceFile[] {
  return globSync(folders.map((folder) => `${folder}/**/*.ts`)).map((path) => {
    const text = readFileSync(path, 'utf8');
    return {path, text, imports: importsOf(path, text)};
  });
}

/** Those that name their target in the text: `import`, `export … from`, and `import('…')`. */
export function importsOf(path: string, text: string): Import[] {
  const statement = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...text.matchAll(statement)].map(([, type, target, dynamic]) => {
    const to = target ?? dynamic ?? '';
    return {from: path, to: to.startsWith('.') ? join(dirname(path), to) : to, typeOnly: type !== undefined};
  });
}
