import {expect, test} from 'vitest';
import {type CommandOptions, effectiveCommandOfFile} from '../../../src/config/command/command.ts';
import {commandCommands} from '../../../src/config/command/kubectl.ts';
import {renderCommand} from '../../../src/config/command/view.ts';
import {readObjects} from '../../../src/config/container/manifest.ts';
import {createTheme} from '../../../src/text/screen.ts';

const screen = {theme: createTheme(false), width: 80, now: 0};
const SLEEPER = {entrypoint: ['sleep'], cmd: ['5'], source: 'image.json'};
const commandOf = (container: string, options: Partial<CommandOptions> = {}) => {
  const yaml = `
kind: Secret
metadata: {name: db}
stringData: {password: s3cr3t}
---
kind: Pod
metadata: {name: ubuntu-sleeper-pod}
spec: {containers: [{name: ubuntu-sleeper, image: ubuntu-sleeper, ${container}}]}`;
  return effectiveCommandOfFile(readObjects(yaml, 'pod.yaml'), undefined, 'shop', {reveal: false, ...options});
};
const show = (...of: Parameters<typeof commandOf>) => renderCommand(commandOf(...of), screen);

test("the lecture's Pod: command and args over ENTRYPOINT and CMD", () => {
  expect(show('command: ["sleeper덮어쓰기"], args: ["10"]', {imageConfig: SLEEPER})).toMatchInlineSnapshot(`
    "pod/ubuntu-sleeper-pod  shop  container ubuntu-sleeper  ubuntu-sleeper
    image     ENTRYPOINT ["sleep"]  CMD ["5"]  image.json
    template  command ["sleeper덮어쓰기"]  args ["10"]

      command  args     what runs
      -        -        ENTRYPOINT + CMD
      -        set      ENTRYPOINT + args
      set      -        command  (CMD is dropped)
    ▸ set      set      command + args

    runs      ["sleeper덮어쓰기", "10"]"
  `);
});

test('a mistake with its fix', () => {
  expect(show('command: ["sleep2.0 10"]', {imageConfig: SLEEPER})).toMatchInlineSnapshot(`
    "pod/ubuntu-sleeper-pod  shop  container ubuntu-sleeper  ubuntu-sleeper
    image     ENTRYPOINT ["sleep"]  CMD ["5"]  image.json
    template  command ["sleep2.0 10"]  args -

      command  args     what runs
      -        -        ENTRYPOINT + CMD
      -        set      ENTRYPOINT + args
    ▸ set      -        command  (CMD is dropped)
      set      set      command + args

    runs      ["sleep2.0 10"]
    ✗ ["sleep2.0 10"] is the name of one program, spaces and all: there is none of
      that name: the container will not start
      → command: ["sleep2.0", "10"]
    ⚠ the image's CMD ["5"] is dropped, because command is set: sleep2.0 10 gets
      nothing of it
      → args: ["5"], if it is meant to"
  `);
});

test('an image that nobody knows, and what keeps the container from starting', () => {
  const env = 'env: [{name: P, valueFrom: {secretKeyRef: {name: db, key: pasword}}}]';
  expect(show(`args: ["--password=$(P)"], ${env}`)).toMatchInlineSnapshot(`
    "pod/ubuntu-sleeper-pod  shop  container ubuntu-sleeper  ubuntu-sleeper
    image     unknown: a manifest does not say; --image-config FILE does
    template  command -  args ["--password=$(P)"]

      command  args     what runs
      -        -        ENTRYPOINT + CMD
    ▸ -        set      ENTRYPOINT + args
      set      -        command  (CMD is dropped)
      set      set      command + args

    runs      [<ENTRYPOINT of the image>, "--password=$(P)"]
    ✗ P: secret/db has no key pasword: the container will not start
      → it has password"
  `);
});

test('what is missing keeps the container from starting, be it in the command line or not', () => {
  const command = 'command: [/bin/web, $(P)]';
  const from = (field: string) => `${command}, ${field}`;
  expect(commandOf(from('env: [{name: P, valueFrom: {secretKeyRef: {name: db, key: pasword}}}]')).errors).toHaveLength(1);
  expect(commandOf(from('env: [{name: Q, valueFrom: {secretKeyRef: {name: db, key: pasword}}}]')).errors).toHaveLength(1);
  const elsewhere = commandOf(from('envFrom: [{configMapRef: {name: app}}]'));
  expect([elsewhere.errors, elsewhere.hints]).toEqual([[], []]); // P may be in it
  expect(renderCommand(elsewhere, screen)).toContain('? configmap/app (envFrom) is not known: it is not in pod.yaml');
});

test('nothing to run is an error', () => {
  expect(commandOf('env: []', {imageConfig: {entrypoint: [], cmd: [], source: 'x'}}).errors).toMatchObject([
    {fix: 'set command'},
  ]);
});

test('a Secret is masked in all of the report unless it may be seen', () => {
  const container = 'command: [mysql, "-p$(P)"], env: [{name: P, valueFrom: {secretKeyRef: {name: db, key: password}}}]';
  const masked = commandOf(container);
  expect([JSON.stringify(masked).includes('s3cr3t'), masked.shown, masked.argv]).toEqual([
    false,
    ['mysql', '-p••••••'],
    undefined,
  ]);
  expect(commandOf(container, {reveal: true}).argv).toEqual(['mysql', '-ps3cr3t']);
});

test('the kubectl lines', () => {
  expect(commandCommands({kind: 'Deployment', name: 'web'}, {container: 'app'}, {namespace: 'shop'})).toEqual([
    `kubectl get deployment/web -n shop -o jsonpath='{.spec.template.spec.containers[?(@.name=="app")]}'`,
    'crictl inspecti IMAGE  # on the node: Entrypoint and Cmd',
    String.raw`kubectl exec deployment/web -c app -n shop -- cat /proc/1/cmdline | tr '\0' ' '`,
  ]);
});
