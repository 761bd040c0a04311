import {decodePod, keyOf, type StaticPod} from './manifest.ts';

/**
 * The static pods of a manifests folder, as the kubelet has them (pkg/kubelet/config/file.go): one pod per namespace and name, whichever
 * file said so last. From that follows what surprises people on real nodes:
 * - A backup beside `kube-apiserver.yaml` is the same pod by name: it takes over as soon as it is written, and again at every full reading
 *   of the folder if its name sorts behind. Removing it removes the pod until the next full reading.
 * - A file that does not decode changes nothing when it is written, and at the next full reading its pod goes.
 */
export class ManifestSource {
  private readonly node: string;
  private readonly folder: string;
  private readonly log: (line: string) => void;
  private byKey = new Map<string, StaticPod>();
  private readonly keys = new Map<string, string>();

  /** `folder`: where the manifests are, as a path on the node. */
  constructor(node: string, folder: string, log: (line: string) => void) {
    this.node = node;
    this.folder = folder;
    this.log = log;
  }

  get pods(): ReadonlyMap<string, StaticPod> {
    return this.byKey;
  }

  /** A file was written or appeared. */
  written(file: string, text: string): void {
    const pod = this.decode(file, text);
    if (pod) this.byKey.set(keyOf(pod), pod);
  }

  /** A file was removed or renamed to something else. */
  removed(file: string): void {
    const key = this.keys.get(file);
    if (key !== undefined && this.byKey.delete(key)) this.keys.delete(file);
  }

  /** All files that there are, read again. */
  listed(files: ReadonlyMap<string, string>): void {
    const pods = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([file, text]) => this.decode(file, text) ?? []);
    this.byKey = new Map(pods.map((pod) => [keyOf(pod), pod]));
  }

  private decode(file: string, text: string): StaticPod | undefined {
    const path = `${this.folder}/${file}`;
    try {
      const pod = decodePod(text, this.node, path);
      this.keys.set(file, keyOf(pod));
      return pod;
    } catch (error) {
      this.log(`cannot process manifest file ${path}: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }
}
