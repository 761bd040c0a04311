import type {V1ConfigMap, V1Secret} from '@kubernetes/client-node';
import type {Json} from '../../kube/json.ts';
import {parseManifest} from '../../kube/manifest.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {enumerate} from '../../text/enumerate.ts';
import {nearest} from '../../text/nearest.ts';
import {commandOf, type Decoded, decodeConfigMap, decodeSecret, wordOf} from './decode.ts';

interface Chosen {
  readonly name?: string | undefined;
  readonly key?: string | undefined;
  readonly namespace?: string | undefined;
}

/**
 * The Secrets or ConfigMaps of a manifest, decoded: all of them, or those of one name (and namespace, where the manifest names one). None is a
 * Problem with exit code 2.
 */
export function decodeManifest(text: string, file: string, kind: Decoded['kind'], {name, key, namespace}: Chosen): Decoded[] {
  const word = wordOf({kind});
  const objects = parseManifest(text, file, `name another file with -f, or the ${word} itself`).objects.map(({value}) => value);
  const here = objects.filter((value) => String(value.kind).toLowerCase() === word) as Json<V1Secret & V1ConfigMap>[];
  const found = here.filter(({metadata}) => {
    const isThere = namespace === undefined || metadata?.namespace === undefined || metadata.namespace === namespace;
    return isThere && (name === undefined || metadata?.name === name);
  });
  if (found.length === 0) {
    const names = here.flatMap(({metadata}) => metadata?.name ?? []);
    const near = nearest(name ?? '', names);
    throw new Problem(name === undefined ? `${file} holds no ${word}` : `${file} holds no ${word}/${name}`, {
      why: names.length > 0 ? `it holds ${enumerate(names.map((one) => `${word}/${one}`))}` : 'there is none among its objects',
      next: near && `${commandOf({kind})} ${near} -f ${file}`,
      exitCode: ExitCode.usage,
    });
  }
  return found.map((object) => (kind === 'DecodedSecret' ? decodeSecret(object, key) : decodeConfigMap(object, key)));
}
