import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {setCommands} from '../../../src/config/change/kubectl.ts';
import {createCommands} from '../../../src/config/create/kubectl.ts';
import {parseSources} from '../../../src/config/create/sources.ts';
import {start} from '../../support/process.ts';

/** Tells what it is given: files by what they hold. */
const KUBECTL = `PS1='ready> '
kubectl() {
  local word
  for word in "$@"; do
    case $word in
      --from-file=*) printf '[%s=%s]' "\${word%=*}" "$(cat "\${word##*=}")" ;;
      --patch-file=*) printf '[%s]' "$(cat)" ;;
      *) printf '[%s]' "$word" ;;
    esac
  done
  echo
}
`;

/** An interactive bash, as people have it: what a line reads from the terminal is typed, and job control is on. */
async function shell() {
  const folder = await mkdtemp(join(tmpdir(), 'kops-test-'));
  onTestFinished(() => rm(folder, {recursive: true}));
  await writeFile(join(folder, 'rc'), KUBECTL);
  const env = {TERM: 'dumb', HISTFILE: undefined, INPUTRC: '/dev/null'};
  const running = start('bash', ['--noprofile', '--rcfile', join(folder, 'rc'), '-i'], {env, tty: {columns: 2000, rows: 24}});
  onTestFinished(() => void running.process.kill());
  await running.saw(/ready> $/);
  return running;
}

const scope = {namespace: 'shop'};
const options = {ifExists: 'fail', dryRun: 'none'} as const;
const [create = ''] = createCommands(
  {kind: 'Secret', name: 'db'},
  parseSources({fromLiteral: ['user=ci'], prompt: ['password']}),
  options,
  scope,
);

test('a line that is pasted into an interactive shell asks for one value after the other, and kubectl gets them', async () => {
  const bash = await shell();
  bash.type(`${create}\n`);
  await bash.saw(/^user: $/m);
  bash.type('someone\n');
  await bash.saw(/^password: $/m);
  bash.type('hun ter\\2\n');
  await bash.saw(/^\[create\].*\s+ready> $/m);
  expect(bash.output().replaceAll('\r', '')).toContain(
    '[create][secret][generic][db][--from-file=user=someone][--from-file=password=hun ter\\2][-n][shop]\n',
  );
  bash.type('echo "left: $value1$value2."\n');
  await bash.saw(/^left: \.\r?$/m);
});

test.each([
  ['left empty', '\n'],
  ['interrupted', '\x03'],
  ['ended', '\x04'],
])('a question that is %s sends nothing', async (_case, answer) => {
  const bash = await shell();
  bash.type(`${create}\n`);
  await bash.saw(/^user: $/m);
  bash.type(answer);
  await bash.saw(/^user: [\s\S]*ready> $/m);
  expect(bash.output()).not.toMatch(/^\[create\]|^password/m);
});

test('the line of set encodes what is typed', async () => {
  const bash = await shell();
  const secret = {kind: 'Secret', name: 'db'} as const;
  const [line = ''] = setCommands(secret, {key: 'password', source: {via: 'prompt', key: 'password'}}, scope);
  bash.type(`${line}\n`);
  await bash.saw(/^password: $/m);
  bash.type(`${'long'.repeat(30)}\n`);
  await bash.saw(/^\[patch\].*\s+ready> $/m);
  expect(bash.output()).toContain(`[{"data":{"password":"${btoa('long'.repeat(30))}"}}]`);
});

test.each([
  ['a file that is not there', {via: 'file', key: 'k', path: '/nowhere/file'}],
  ['an empty pipe', {via: 'stdin', key: 'k'}],
] as const)('of %s nothing is sent', async (_case, source) => {
  for (const kind of ['Secret', 'ConfigMap'] as const) {
    const [line = ''] = setCommands({kind, name: 'db'}, {key: 'k', source}, scope);
    const {code, stdout} = await start('bash', ['-c', `${KUBECTL}${line}`], {stdin: ''}).ended;
    expect({code: code === 0, stdout}).toEqual({code: false, stdout: ''});
  }
});
