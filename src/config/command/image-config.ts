import {parseObject} from '../../kube/json.ts';
import {ExitCode, Problem} from '../../problem.ts';

/** What an image says of how it is run. */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** Where this was read, for people: `image.json`, `node kind-worker (crictl)`. */
  readonly source: string;
}

/** Either what the image says, or why nobody could tell. */
export type ImageLookup = ImageConfig | {readonly why: string};

/**
 * Of what `docker inspect`, `podman inspect`, `crictl inspecti`, `skopeo inspect --config` or an OCI layout's configuration file holds;
 * undefined where it is none of these.
 */
export function parseImageConfig(text: string, source: string): ImageConfig | undefined {
  const parsed: unknown = parseObject(text);
  const config = configOf(Array.isArray(parsed) ? parsed[0] : parsed);
  if (config === undefined) return undefined;
  const entrypoint = wordsOf(config.Entrypoint);
  // A single empty word is how an ENTRYPOINT is taken back: https://github.com/containerd/containerd/pull/6107
  return {entrypoint: entrypoint.length === 1 && entrypoint[0] === '' ? [] : entrypoint, cmd: wordsOf(config.Cmd), source};
}

/** As `parseImageConfig`, of a file that the user named. */
export function readImageConfig(text: string, file: string): ImageConfig {
  const config = parseImageConfig(text, file);
  if (config !== undefined) return config;
  throw new Problem(`${file} holds no image configuration`, {
    why: 'kops looked for Entrypoint and Cmd, as docker inspect and OCI have them',
    next: `docker inspect IMAGE > ${file}, or: skopeo inspect --config docker://IMAGE > ${file}`,
    exitCode: ExitCode.usage,
  });
}

type Fields = Readonly<Record<string, unknown>>;

function configOf(value: unknown): Fields | undefined {
  if (!isFields(value)) return undefined;
  const {Config, config, info, rootfs} = value;
  if (isFields(Config)) return Config; // docker and podman
  if (isFields(info) && isFields(info.imageSpec)) return isFields(info.imageSpec.config) ? info.imageSpec.config : {}; // crictl
  if (isFields(config) && !('digest' in config)) return config; // OCI; with a digest it is that of a manifest
  return isFields(rootfs) ? {} : undefined;
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Docker's old shell form is a list by now; a string is one word. */
const wordsOf = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : Array.isArray(value) ? value.map(String) : [];
