import {expect, test} from 'vitest';
import {type ConfigCreate, notSent} from '../../../src/config/create/create.ts';
import {createCommands} from '../../../src/config/create/kubectl.ts';
import {buildObject, type Draft} from '../../../src/config/create/object.ts';
import {parseSources} from '../../../src/config/create/sources.ts';
import {renderCreate, renderReplacement} from '../../../src/config/create/view.ts';
import {createTheme} from '../../../src/text/screen.ts';

const screen = {theme: createTheme(false), width: 80, now: 0};
const build = (draft: Draft) =>
  buildObject(draft, [
    {key: 'username', value: Buffer.from('admin'), origin: ''},
    {key: 'password', value: Buffer.from('hunter2'), origin: ''},
  ]);
const secret = build({kind: 'Secret', name: 'db', namespace: 'shop', type: 'kubernetes.io/basic-auth', immutable: true});
const replacement = {
  patch: [],
  added: ['more'],
  changed: ['password'],
  removed: ['old'],
  metadata: ['label tier'],
  warnings: [{reason: 'WrittenAgain', message: 'Flux wrote its values, and will write them again', hint: 'change them in git'}],
};
const report: ConfigCreate = {...notSent(secret), context: 'kind-kops', dryRun: 'none'};
const undoCommand = 'kubectl delete secret/db -n shop';

const states: Readonly<Record<string, Partial<ConfigCreate>>> = {
  created: {undoCommand},
  replaced: {outcome: 'replaced', replacement},
  'replaced, with a backup': {outcome: 'replaced', replacement, undoCommand: 'kubectl replace -f kept.json -n shop'},
  'replaced by an immutable one': {outcome: 'replaced', replacement: {...replacement, metadata: ['immutable']}},
  skipped: {outcome: 'skipped'},
  unchanged: {outcome: 'unchanged', replacement},
  'a dry run of the server': {dryRun: 'server'},
  'a dry run of a replacement': {dryRun: 'server', outcome: 'replaced', replacement},
  'a dry run of the client': {dryRun: 'client', context: null, namespace: null},
};

test('what became of it and where is told without a value', () => {
  const texts = Object.entries(states).map(([title, state]) => `# ${title}\n${renderCreate({...report, ...state}, screen)}`);
  expect(texts.join('\n')).not.toMatch(/hunter2|aHVudGVyMg/);
  expect(texts.join('\n')).toMatchInlineSnapshot(`
    "# created
    ✓ secret/db  shop · kind-kops  created: 2 keys, 12 bytes, kubernetes.io/basic-auth, immutable
      undo  kubectl delete secret/db -n shop
    # replaced
    ✓ secret/db  shop · kind-kops  replaced
      + more
      ~ password
      - old
      ~ label tier
      what it held before is not kept: --backup FILE would have
    # replaced, with a backup
    ✓ secret/db  shop · kind-kops  replaced
      + more
      ~ password
      - old
      ~ label tier
      undo  kubectl replace -f kept.json -n shop
    # replaced by an immutable one
    ✓ secret/db  shop · kind-kops  replaced
      + more
      ~ password
      - old
      ~ immutable
      it is immutable now, and nothing undoes that
    # skipped
    ✓ secret/db  shop · kind-kops  is there already: left as it is
    # unchanged
    ✓ secret/db  shop · kind-kops  is so already: nothing to change
    # a dry run of the server
    · secret/db  shop · kind-kops  would be created: 2 keys, 12 bytes, kubernetes.io/basic-auth, immutable
      password  7 bytes
      username  5 bytes
      nothing was changed: dry run, the API server would take it
    # a dry run of a replacement
    · secret/db  shop · kind-kops  would be replaced
      + more
      ~ password
      - old
      ~ label tier
    ⚠ Flux wrote its values, and will write them again
      → change them in git
      nothing was changed: dry run, the API server would take it
    # a dry run of the client
    · secret/db  would be sent: 2 keys, 12 bytes, kubernetes.io/basic-auth, immutable
      password  7 bytes
      username  5 bytes
      nothing was changed: dry run, the API server was not asked, not even whether there is one"
  `);
});

test('what a replacement will do is told before the question', () => {
  expect(renderReplacement(secret, replacement, 'shop · kind-kops', screen)).toMatchInlineSnapshot(`
    "secret/db  shop · kind-kops  is there, and differs
      + more
      ~ password
      - old
      ~ label tier
    ⚠ Flux wrote its values, and will write them again
      → change them in git"
  `);
});

const draft: Draft = {kind: 'Secret', name: 'db'};
const options = {ifExists: 'fail', dryRun: 'none'} as const;
const scope = {namespace: 'shop', context: 'prod'};

type Case = [
  draft: Partial<Draft>,
  words: Parameters<typeof parseSources>[0],
  options?: Partial<Parameters<typeof createCommands>[2]>,
];
const cases: Readonly<Record<string, Case>> = {
  files: [{kind: 'ConfigMap'}, {fromFile: ['conf', '"k=a,b"'], fromLiteral: ['level=very loud']}],
  'an env file': [{}, {fromEnvFile: ['app.env']}, {dryRun: 'client'}],
  'a literal, a question and standard input': [{}, {fromLiteral: ['password=hunter2'], prompt: ['pin'], fromStdin: 'key'}],
  chance: [{type: 'example.com/mine', appendHash: true}, {random: ['key=16']}, {ifExists: 'skip'}],
  'what create has no flags for': [{labels: {a: 'b'}, annotations: {c: 'd e'}, immutable: true}, {}, {dryRun: 'server'}],
  'unless it is there': [{}, {fromFile: ['a']}, {ifExists: 'skip'}],
  'a replacement': [{}, {fromFile: ['a']}, {ifExists: 'replace'}],
};

test('the kubectl lines hold no value of a Secret', () => {
  const lines = Object.entries(cases).map(([title, [some, words, how]]) =>
    [`# ${title}`, ...createCommands({...draft, ...some}, parseSources(words), {...options, ...how}, scope)].join('\n'),
  );
  expect(lines.join('\n')).not.toContain('hunter2');
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "# files
    kubectl create configmap db '--from-literal=level=very loud' --from-file=conf '--from-file="k=a,b"' -n shop --context prod
    # an env file
    kubectl create secret generic db --from-env-file=app.env --dry-run=client -n shop --context prod
    # a literal, a question and standard input
    (printf %s 'password: ' >/dev/tty && IFS= read -rs value1 </dev/tty && echo >/dev/tty && [ -n "$value1" ] && printf %s 'pin: ' >/dev/tty && IFS= read -rs value2 </dev/tty && echo >/dev/tty && [ -n "$value2" ] && kubectl create secret generic db --from-file=password=<(printf %s "$value1") --from-file=key=/dev/stdin --from-file=pin=<(printf %s "$value2") -n shop --context prod)
    # chance
    kubectl create secret generic db --type=example.com/mine --from-file=key=<(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\\n') --append-hash -n shop --context prod
    # what create has no flags for
    kubectl create secret generic db --dry-run=client -o yaml | kubectl label --local -f - a=b -o yaml | kubectl annotate --local -f - 'c=d e' -o yaml | kubectl patch --local -f - --type=merge -p '{"immutable":true}' -o yaml | kubectl create -f - --dry-run=server -n shop --context prod
    # unless it is there
    kubectl get secret/db -n shop --context prod >/dev/null 2>&1 || kubectl create secret generic db --from-file=a -n shop --context prod
    # a replacement
    kubectl get secret/db -n shop --context prod >/dev/null 2>&1 && verb=replace || verb=create
    kubectl create secret generic db --from-file=a --dry-run=client -o json | jq -s --arg verb "$verb" '.[0] as $new | if $verb == "replace" then .[1] | .data = $new.data | .type = $new.type else $new end' - <(kubectl get secret/db --ignore-not-found -o json -n shop --context prod) | kubectl "$verb" -f - -n shop --context prod"
  `);
});
