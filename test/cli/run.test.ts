import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';
import {start} from '../support/process.ts';

const dev = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));
/** In a shell, with `kops` for kops from its sources. */
const shell = (line: string) => start('bash', ['-c', `kops() { '${process.execPath}' '${dev}' "$@"; }; ${line}`]).ended;

test('a reader that leaves before there is a verdict is no success', async () => {
  const {stderr} = await shell('{ kops rollout --help; echo "ended with $?" >&2; } | true');
  expect(stderr).toBe('ended with 141\n');
});

test('a closed standard error does not change how it ends', async () => {
  expect((await shell('{ { kops rollout nope 2>&3; echo $? >&4; } 3>&1 | true; } 4>&1')).stdout).toBe('2\n');
});

test.each(['--help', 'rollout --help'])('a full disk is told in a few lines: %s', async (words) => {
  const {code, stderr} = await shell(`kops ${words} > /dev/full`);
  expect({code, stderr}).toEqual({
    code: 70,
    stderr: '✗ the result could not be written\n  ENOSPC: no space left on device, write\n  look at where standard output goes\n',
  });
});

test.each(['secret decode db', 'rollout history deploy/web'])(
  'standard input is not for an argument that was left out: %s',
  async (words) => {
    const {code, stdout} = await shell(`kops ${words} --show-commands < /dev/null`);
    const patient = 'OCLIF_STDIN_TIMEOUT_MS=5000';
    expect({code, stdout}).toEqual({code: 0, stdout: expect.stringContaining('kubectl')});
    expect(await shell(`echo other | ${patient} kops ${words} --show-commands`)).toMatchObject({code, stdout});
  },
  20_000,
);

test.each([
  'rollout restart deploy/web',
  'rollout undo deploy/web',
  'encrypt-at-rest rewrite',
  'encrypt-at-rest abort',
  'encrypt-at-rest sync cp-3',
  'encrypt-at-rest scrub',
])(
  '--dry-run alone is --dry-run=client for every change: %s',
  async (words) => {
    const {stderr} = await shell(`kops ${words} --dry-run --kubeconfig /nowhere`);
    expect(stderr).toMatch(/^✗ the kubeconfig \/nowhere does not exist/);
  },
  20_000,
);

test('an error that nobody waits for is told in a few lines too', async () => {
  const lost =
    "const t = setInterval(() => process.listenerCount('uncaughtException') && Promise.reject(new Error('lost')) && clearInterval(t))";
  const preload = `data:text/javascript,${encodeURIComponent(lost).replaceAll("'", '%27')}`;
  const {code, stderr} = await shell(`NODE_OPTIONS='--import=${preload}' kops lab list`);
  expect({code, stderr}).toEqual({
    code: 70,
    stderr: expect.stringMatching(/^✗ an unexpected error: lost\n {2}this is a bug.*\n {2}run it again with --debug.*\n$/),
  });
});
