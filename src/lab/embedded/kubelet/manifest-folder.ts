import {readdirSync, readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';

/** Milliseconds in which a file can be written twice and look the same: kernels keep time in ticks. */
const UNSETTLED = 50;

/** What tells one writing of a file from another without reading it. */
interface Trace {
  /** Undefined where it was written a moment ago: it counts as written again at the next look. */
  readonly identity: string | undefined;
  readonly changedAt: bigint;
}

export interface FolderChanges {
  readonly removed: readonly string[];
  /** Names in the order in which they were changed. */
  readonly written: readonly string[];
}

/**
 * What became of the manifests in a folder between two looks at it. Looking is cheap and, unlike inotify, works on every file system and
 * past its limits; what a rename replaces between two looks is one change.
 */
export class ManifestFolder {
  private readonly path: string;
  private readonly now: () => number;
  private traces: ReadonlyMap<string, Trace> = new Map();

  /** `now` as Date.now. */
  constructor(path: string, now: () => number) {
    this.path = path;
    this.now = now;
  }

  /** Since the last call of this or of `readAll`. */
  changes(): FolderChanges {
    const before = this.traces;
    this.traces = this.look();
    const written = [...this.traces].filter(([file, {identity}]) => {
      const known = before.get(file)?.identity;
      return known === undefined || known !== identity;
    });
    written.sort(([, a], [, b]) => (a.changedAt < b.changedAt ? -1 : a.changedAt > b.changedAt ? 1 : 0));
    return {
      removed: [...before.keys()].filter((file) => !this.traces.has(file)),
      written: written.map(([file]) => file),
    };
  }

  /** Every manifest: each regular file whose name does not begin with a dot, whatever its extension. */
  readAll(): Map<string, string> {
    this.traces = this.look();
    return new Map(
      [...this.traces.keys()].flatMap((file) => {
        const text = this.read(file);
        return text === undefined ? [] : [[file, text] as const];
      }),
    );
  }

  /** Undefined where it is gone. */
  read(file: string): string | undefined {
    try {
      return readFileSync(join(this.path, file), 'utf8');
    } catch {
      return undefined;
    }
  }

  private look(): Map<string, Trace> {
    const now = this.now();
    return new Map(
      this.names().flatMap((file) => {
        const stats = statSync(join(this.path, file), {bigint: true, throwIfNoEntry: false});
        if (!stats?.isFile()) return [];
        const {dev, ino, size, mtimeNs, ctimeNs, ctimeMs} = stats;
        const settled = Math.abs(now - Number(ctimeMs)) > UNSETTLED;
        const identity = settled ? [dev, ino, size, mtimeNs, ctimeNs].join(' ') : undefined;
        return [[file, {identity, changedAt: ctimeNs}] as const];
      }),
    );
  }

  private names(): string[] {
    try {
      return readdirSync(this.path).filter((file) => !file.startsWith('.'));
    } catch {
      return [];
    }
  }
}
