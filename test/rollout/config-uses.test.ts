import {describe, expect, test} from 'vitest';
import {configUses, ephemeralUses} from '../../src/rollout/config-uses.ts';

type Spec = Parameters<typeof configUses>[0];
const shown = (spec: Spec, of = configUses) =>
  of(spec).map(({resource, name, key, container, via, at, updates, optional}) =>
    [resource, name, key ?? '*', container ?? '-', via, at ?? '-', updates, ...(optional ? ['optional'] : [])].join(' '),
  );
const mounted = (volume: object, mount: object = {}): Spec => ({
  containers: [{name: 'web', volumeMounts: [{name: 'v', mountPath: '/etc/x', ...mount}]}],
  volumes: [{name: 'v', ...volume}],
});

describe('a pod takes from ConfigMaps and Secrets', () => {
  test.each<[string, Spec, string[]]>([
    [
      'a variable of its own',
      {containers: [{name: 'web', env: [{name: 'P', valueFrom: {secretKeyRef: {name: 'db', key: 'p', optional: true}}}]}]},
      ['secrets db p web env P restart optional'],
    ],
    [
      'all keys as variables',
      {containers: [{name: 'web', envFrom: [{prefix: 'A_', configMapRef: {name: 'base'}}, {secretRef: {name: 'db'}}]}]},
      ['configmaps base * web envFrom A_ restart', 'secrets db * web envFrom - restart'],
    ],
    [
      'in init containers and sidecars',
      {
        containers: [],
        initContainers: [{name: 'proxy', image: 'x', restartPolicy: 'Always', envFrom: [{secretRef: {name: 'db'}}]}],
      },
      ['secrets db * proxy envFrom - restart'],
    ],
    ['a volume', mounted({configMap: {name: 'files'}}), ['configmaps files * web volume /etc/x live']],
    [
      'keys of a volume',
      mounted({secret: {secretName: 'tls', items: [{key: 'a', path: 'x'}]}}),
      ['secrets tls a web volume /etc/x live'],
    ],
    [
      'all keys of a volume, where the list is empty',
      mounted({secret: {secretName: 'tls', items: []}}),
      ['secrets tls * web volume /etc/x live'],
    ],
    ['a volume by subPath', mounted({secret: {secretName: 'tls'}}, {subPath: 'a'}), ['secrets tls * web volume /etc/x never']],
    [
      'a volume by subPathExpr',
      mounted({secret: {secretName: 'tls'}}, {subPathExpr: '$(X)'}),
      ['secrets tls * web volume /etc/x never'],
    ],
    ['a volume that nobody mounts', mounted({secret: {secretName: 'tls'}}, {name: 'other'}), ['secrets tls * - volume - live']],
    [
      'a projected volume',
      mounted({
        projected: {
          sources: [{secret: {name: 'a', items: [{key: 'k', path: 'p'}]}}, {configMap: {name: 'b', optional: true}}, {}],
        },
      }),
      ['secrets a k web projected /etc/x live', 'configmaps b * web projected /etc/x live optional'],
    ],
    ['pull secrets', {containers: [], imagePullSecrets: [{name: 'pull'}, {}]}, ['secrets pull * - imagePullSecrets - restart']],
    ['a CSI driver', mounted({csi: {driver: 'x', nodePublishSecretRef: {name: 's'}}}), ['secrets s * web driver /etc/x restart']],
    ['a share of Azure', mounted({azureFile: {secretName: 's', shareName: 'x'}}), ['secrets s * web driver /etc/x restart']],
    [
      'other drivers',
      mounted({rbd: {secretRef: {name: 's'}, image: 'x', monitors: []}}),
      ['secrets s * web driver /etc/x restart'],
    ],
    ['nothing', {containers: [{name: 'web', env: [{name: 'A', value: 'x'}]}], volumes: [{name: 'v', emptyDir: {}}]}, []],
    ['nothing, without a spec', undefined, []],
  ])('%s', (_case, spec, expected) => {
    expect(shown(spec)).toEqual(expected);
  });
});

test('an ephemeral container takes what its template knows nothing of', () => {
  const spec: Spec = {
    containers: [{name: 'web', envFrom: [{secretRef: {name: 'db'}}], volumeMounts: [{name: 'v', mountPath: '/a'}]}],
    ephemeralContainers: [
      {name: 'debug', envFrom: [{configMapRef: {name: 'tools'}}], volumeMounts: [{name: 'v', mountPath: '/b'}]},
    ],
    volumes: [{name: 'v', secret: {secretName: 'tls'}}],
  };
  expect(shown(spec, ephemeralUses)).toEqual([
    'configmaps tools * debug envFrom - restart',
    'secrets tls * debug volume /b live',
  ]);
  expect(shown({...spec, ephemeralContainers: []}, ephemeralUses)).toEqual([]);
});
