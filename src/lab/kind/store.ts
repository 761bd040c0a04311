import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {writePrivate} from '../embedded/store.ts';
import type {KindRecord} from './record.ts';

/** The folder of one kind cluster of ours. */
export class KindFolder {
  readonly path: string;
  constructor(clusters: string, name: string) {
    this.path = join(clusters, name);
  }
  get config(): string {
    return join(this.path, 'kind-config.yaml');
  }
  get kubeconfig(): string {
    return join(this.path, 'kubeconfig');
  }
  private get file(): string {
    return join(this.path, 'cluster.json');
  }

  read(): KindRecord | undefined {
    return existsSync(this.file) ? (JSON.parse(readFileSync(this.file, 'utf8')) as KindRecord) : undefined;
  }
  write(record: KindRecord): void {
    writePrivate(this.file, JSON.stringify(record, null, 2));
  }
  writeConfig(yaml: string): void {
    mkdirSync(this.path, {recursive: true, mode: 0o700});
    writePrivate(this.config, yaml);
  }
  remove(): void {
    rmSync(this.path, {recursive: true, force: true});
  }
}

/** Names of all below this folder. */
export const recorded = (clusters: string): string[] => (existsSync(clusters) ? readdirSync(clusters).sort() : []);
