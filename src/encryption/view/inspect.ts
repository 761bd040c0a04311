import {stringify} from 'yaml';
import type {Screen} from '../../text/screen.ts';
import type {EtcdValue} from '../inspect.ts';
import {dumpOpened, dumpStored} from './secret.ts';
import {prefixWords} from './words.ts';

/** Every byte of one key, as it is stored. */
export function renderEtcdValue(value: EtcdValue, screen: Screen): string {
  const {theme} = screen;
  const {key, size, modRevision, version, revision, stored} = value;
  return [
    `${theme.strong(key)}  ${size} bytes, revision ${modRevision} of ${revision}, written ${version === 1 ? 'once' : `${version} times`}`,
    ...dumpStored(value, screen, Number.POSITIVE_INFINITY),
    ...(stored.hidden.length > 0 ? [theme.dim('•• is what the Secret holds: --reveal shows it')] : []),
  ].join('\n');
}

/** The decoded object as YAML, with comments that say where it comes from. */
export function renderDecoded(value: EtcdValue, screen: Screen): string {
  const {key, size, modRevision, prefix, object, decodedBy, why} = value;
  const comments = [
    `# ${key}`,
    `# ${size} bytes, ${prefixWords(prefix)}, revision ${modRevision}`,
    ...(decodedBy === 'api'
      ? ['# fields as the API server names them for the same revision: kops knows those of Secrets and ConfigMaps']
      : []),
  ];
  if (object !== null) return [...comments.map(screen.theme.dim), stringify(object, {lineWidth: 0}).trimEnd()].join('\n');
  const dump = dumpOpened(value, Number.POSITIVE_INFINITY).map((line) => `# ${line}`);
  return [...comments, `# cannot be decoded${why === null ? '' : `: ${why}`}`, ...dump].map(screen.theme.dim).join('\n');
}
