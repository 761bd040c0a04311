import {expect, test} from 'vitest';
import * as kubectl from '../../src/rollout/kubectl.ts';

const web = {kind: 'Deployment', name: 'web'} as const;
const db = {kind: 'StatefulSet', name: 'db'} as const;
const shop = {namespace: 'shop'};

test.each<[string, string[], string[]]>([
  [
    'status',
    kubectl.statusCommands([web], shop),
    [
      'kubectl rollout status deploy/web --watch=false -n shop',
      'kubectl describe deploy/web -n shop',
      'kubectl get pods -o wide -n shop',
      'kubectl get events --field-selector type=Warning --sort-by .lastTimestamp -n shop',
    ],
  ],
  [
    'status of everything',
    kubectl.statusCommands([], {allNamespaces: true}),
    [
      'kubectl get deploy,sts,ds -A',
      "kubectl get pods --field-selector 'status.phase!=Running,status.phase!=Succeeded' -A",
      'kubectl get events --field-selector type=Warning --sort-by .lastTimestamp -A',
    ],
  ],
  [
    'status of what a selector selects',
    kubectl.statusCommands([], shop, 'team in (a, b)').slice(0, 1),
    ["kubectl get deploy,sts,ds -l 'team in (a, b)' -n shop"],
  ],
  [
    'status of what a manifest holds, in namespaces of its own',
    kubectl.statusCommands([web, {...db, namespace: 'data'}], shop),
    [
      'kubectl rollout status deploy/web --watch=false -n shop',
      'kubectl describe deploy/web -n shop',
      'kubectl rollout status sts/db --watch=false -n data',
      'kubectl describe sts/db -n data',
      'kubectl get pods -o wide -n shop',
      'kubectl get events --field-selector type=Warning --sort-by .lastTimestamp -n shop',
      'kubectl get pods -o wide -n data',
      'kubectl get events --field-selector type=Warning --sort-by .lastTimestamp -n data',
    ],
  ],
  [
    'watch',
    kubectl.watchCommands([web, db], {timeout: '10m', revision: 4}, shop),
    [
      'kubectl rollout status deploy/web --timeout 10m --revision=4 -n shop',
      'kubectl rollout status sts/db --timeout 10m --revision=4 -n shop',
    ],
  ],
  [
    'watch of what a selector selects',
    kubectl.watchCommands([], {selector: 'app in (a, b)'}, shop),
    [
      "kubectl rollout status deploy -l 'app in (a, b)' -n shop",
      "kubectl rollout status sts -l 'app in (a, b)' -n shop",
      "kubectl rollout status ds -l 'app in (a, b)' -n shop",
    ],
  ],
  [
    'watch of what a manifest holds, in a namespace of its own',
    kubectl.watchCommands([{...db, namespace: 'data'}], {}, shop),
    ['kubectl rollout status sts/db -n data'],
  ],
  [
    'watch in all namespaces',
    kubectl.watchCommands([], {timeout: '5m', selector: 'a=b'}, {allNamespaces: true, context: 'prod'}),
    [
      'kubectl get deploy,sts,ds -l a=b --no-headers -o custom-columns=:.metadata.namespace,:.kind,:.metadata.name -A --context prod | ' +
        'while read -r namespace kind name; do kubectl rollout status --timeout 5m --context prod -n "$namespace" "$kind/$name"; done',
    ],
  ],
  ['history', kubectl.historyCommands(web, undefined, shop), ['kubectl rollout history deploy/web -n shop']],
  ['one revision', kubectl.historyCommands(db, 3, {}), ['kubectl rollout history sts/db --revision=3']],
  [
    'diff of two revisions',
    kubectl.diffCommands(web, {from: 1, to: 2}, {}),
    ['diff -u <(kubectl rollout history deploy/web --revision=1) <(kubectl rollout history deploy/web --revision=2)'],
  ],
  [
    'undo',
    kubectl.undoCommands(web, {toRevision: 4, watch: true}, shop),
    [
      'kubectl rollout history deploy/web --revision=4 -n shop',
      'kubectl rollout undo deploy/web --to-revision=4 -n shop',
      'kubectl rollout status deploy/web -n shop',
    ],
  ],
  [
    'undo that deletes stuck pods',
    kubectl.undoCommands(db, {toRevision: 4, deleteStuckPods: true}, shop),
    [
      'kubectl rollout history sts/db --revision=4 -n shop',
      'kubectl rollout undo sts/db --to-revision=4 -n shop',
      String.raw`until kubectl get sts/db -o 'jsonpath={.metadata.generation}={.status.observedGeneration}' -n shop | grep -q '^\([0-9]*\)=\1$'; do sleep 1; done`,
      `kubectl get pods --no-headers -o 'custom-columns=:.metadata.name,:.metadata.ownerReferences[0].name,:.status.conditions[?(@.type=="Ready")].status' -n shop | ` +
        `awk '$2 == "db" && $3 != "True" {print $1}' | xargs -r kubectl delete pod -n shop`,
    ],
  ],
  [
    'undo that only tries',
    kubectl.undoCommands(web, {dryRun: 'server', watch: true, deleteStuckPods: true}, {}),
    ['kubectl rollout history deploy/web', 'kubectl rollout undo deploy/web --dry-run=server'],
  ],
  ['restart', kubectl.verbCommands('restart', db, {dryRun: 'none'}, shop), ['kubectl rollout restart sts/db -n shop']],
  [
    'pause that only tries',
    kubectl.verbCommands('pause', web, {dryRun: 'client'}, {}),
    [`kubectl patch deploy/web --dry-run=client -p '{"spec":{"paused":true}}'`],
  ],
  [
    'a cluster and a user of their own',
    kubectl.verbCommands(
      'resume',
      web,
      {},
      {...shop, context: "o'brien", kubeconfig: '/a b', as: 'jane', asGroups: ['x', 'y:z']},
    ),
    [
      String.raw`kubectl rollout resume deploy/web -n shop --context 'o'\''brien' --kubeconfig '/a b' --as jane --as-group x --as-group y:z`,
    ],
  ],
])('kubectl for %s', (_case, commands, expected) => {
  expect(commands).toEqual(expected);
});
