import {expect, test} from 'vitest';
import {sameTemplate, type Template} from '../../src/rollout/semantic.ts';
import {type TemplateState, template} from '../support/builders.ts';

const of = (state: TemplateState): Template => template(state);
const withContainer = (container: NonNullable<TemplateState['container']>): Template => of({container});
const volume = (source: object): Template => of({podSpec: {volumes: [{name: 'tmp', ...source}]}});

test.each<[string, Template, Template]>([
  ['the hash that a ReplicaSet adds', of({labels: {app: 'web', 'pod-template-hash': 'x'}}), of({})],
  ['100m and 0.1', withContainer({resources: {limits: {cpu: '100m'}}}), withContainer({resources: {limits: {cpu: '0.1'}}})],
  [
    '1Gi and 1024Mi',
    withContainer({resources: {requests: {memory: '1Gi'}}}),
    withContainer({resources: {requests: {memory: '1024Mi'}}}),
  ],
  ['a size limit in other words', volume({emptyDir: {sizeLimit: '1Gi'}}), volume({emptyDir: {sizeLimit: '1024Mi'}})],
  ['empty lists', withContainer({args: [], env: []}), withContainer({})],
  ['empty resources', withContainer({resources: {limits: {}}}), withContainer({})],
  ['an empty selector of nodes', of({podSpec: {nodeSelector: {}}}), of({})],
  ['an empty string where Go omits it', of({podSpec: {hostname: ''}}), of({})],
  ['a null from an older server', {...of({}), metadata: {labels: {app: 'web'}, creationTimestamp: null as never}}, of({})],
  [
    'a divisor that the server fills in',
    withContainer({env: [{name: 'CPU', valueFrom: {resourceFieldRef: {resource: 'limits.cpu', divisor: '0'}}}]}),
    withContainer({env: [{name: 'CPU', valueFrom: {resourceFieldRef: {resource: 'limits.cpu'}}}]}),
  ],
])('is the same revision: %s', (_case, a, b) => {
  expect(sameTemplate(a, b)).toBe(true);
  expect(sameTemplate(b, a)).toBe(true);
});

test.each<[string, Template, Template]>([
  ['another image', of({image: 'web:1.0'}), of({image: 'web:2.0'})],
  ['an emptyDir instead of nothing', volume({emptyDir: {}}), volume({})],
  ['an empty security context instead of none', of({podSpec: {securityContext: {}}}), of({})],
  ['quantities outside of quantity fields', of({labels: {cpu: '1000m'}}), of({labels: {cpu: '1'}})],
  ['an argument that is empty', withContainer({args: ['']}), withContainer({})],
  ['the order of containers', two('a', 'b'), two('b', 'a')],
  ['a port as a number and as text', probe(80), probe('80')],
  ['a storage class that is empty on purpose', ephemeral(''), ephemeral(undefined)],
])('is another revision: %s', (_case, a, b) => {
  expect(sameTemplate(a, b)).toBe(false);
  expect(sameTemplate(b, a)).toBe(false);
});

function two(...names: string[]): Template {
  return of({podSpec: {containers: names.map((name) => ({name, image: 'x'}))}});
}
function probe(port: string | number): Template {
  return withContainer({readinessProbe: {httpGet: {port: port as never}}});
}
function ephemeral(storageClassName: string | undefined): Template {
  return volume({ephemeral: {volumeClaimTemplate: {spec: {accessModes: ['ReadWriteOnce'], storageClassName}}}});
}
