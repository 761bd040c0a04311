import {expect, test} from 'vitest';
import {usageCommands} from '../../../src/config/usage/kubectl.ts';

test('the users of one object are found in what kubectl prints', () => {
  expect(usageCommands({resource: 'configmaps', name: 'web'}, {namespace: 'shop'})).toMatchInlineSnapshot(`
    [
      "kubectl get deployments,statefulsets,daemonsets,jobs,cronjobs,replicasets,controllerrevisions,pods -o json -n shop | jq -r '.items[] | select([.. | objects | .configMapKeyRef?.name?, .configMapRef?.name?, .configMap?.name?] | index("web")) | "\\(.metadata.namespace)/\\(.kind)/\\(.metadata.name)"'",
    ]
  `);
});

test('what nobody uses, and what does not exist, is on one of two sides only', () => {
  const [unused = ''] = usageCommands({resource: 'secrets', list: 'unused'}, {allNamespaces: true});
  expect(unused).toMatch(
    /^comm -23 <\(kubectl get secrets .*\) <\(kubectl get .*serviceaccounts,ingresses -o json -A \| jq .*\)$/,
  );
  expect(usageCommands({resource: 'secrets', list: 'missing'}, {allNamespaces: true})).toEqual([unused.replace('-23', '-13')]);
});
