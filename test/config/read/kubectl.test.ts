import {expect, test} from 'vitest';
import {decodeCommand, showCommand} from '../../../src/config/read/kubectl.ts';

test.each<[string, Parameters<typeof decodeCommand>, string]>([
  [
    'all keys',
    [{name: 'db'}, {namespace: 'shop'}],
    String.raw`kubectl get secret db -n shop -o go-template='{{range $key, $value := .data}}{{$key}}: {{$value | base64decode}}{{"\n"}}{{end}}'`,
  ],
  [
    'a key with a dot',
    [{name: 'db', key: 'tls.crt'}, {context: 'prod'}],
    String.raw`kubectl get secret db --context prod -o jsonpath='{.data.tls\.crt}' | base64 --decode`,
  ],
  [
    'another user of another cluster, and words that a shell would read otherwise',
    [
      {name: 'a b', key: "it's"},
      {kubeconfig: '/my files/config', as: 'jane', asGroups: ['ops']},
    ],
    String.raw`kubectl get secret 'a b' --kubeconfig '/my files/config' --as jane --as-group ops -o jsonpath='{.data.it'\''s}' | base64 --decode`,
  ],
  [
    'all that labels select',
    [{selector: 'app=web'}, {allNamespaces: true}],
    String.raw`kubectl get secret -l app=web -A -o go-template='{{range .items}}{{.metadata.name}}{{"\n"}}{{range $key, $value := .data}}{{$key}}: {{$value | base64decode}}{{"\n"}}{{end}}{{end}}'`,
  ],
  [
    'a manifest',
    [{filename: 's.yaml', name: 'db', key: 'a'}, {}],
    "kubectl create --dry-run=client -f s.yaml -o jsonpath='{.data.a}' | base64 --decode",
  ],
])('the kubectl line for %s', (_case, target, line) => {
  expect(decodeCommand(...target)).toBe(line);
});

test.each<[string, Parameters<typeof showCommand>, string]>([
  ['all of it', [{name: 'web'}, {namespace: 'shop'}], 'kubectl get configmap web -n shop -o yaml'],
  [
    'a key, be it text or bytes,',
    [{name: 'web', key: 'a.conf'}, {}],
    `kubectl get configmap web -o go-template='{{with .data}}{{with index . "a.conf"}}{{.}}{{end}}{{end}}{{with .binaryData}}{{with index . "a.conf"}}{{base64decode .}}{{end}}{{end}}'`,
  ],
])('the kubectl line for %s of a ConfigMap', (_case, target, line) => {
  expect(showCommand(...target)).toBe(line);
});
