import {readFileSync} from 'node:fs';
import {describe, expect, test, vi} from 'vitest';
import {dockerNode} from '../../src/nodes/docker.ts';
import {localNode} from '../../src/nodes/local.ts';
import {Unreachable} from '../../src/nodes/problems.ts';
import {sshNode, sshTarget} from '../../src/nodes/ssh.ts';
import {fakePrograms} from '../support/fake-programs.ts';
import {processesWith} from '../support/played-node.ts';

const {signal} = new AbortController();
const local = () => localNode('a', {root: '/tmp'});

describe('a script on a node', () => {
  test('gets its arguments and its input as they are, and its result is its own', async () => {
    const args = ['a b', "it's", '"', '$HOME', '`id`', 'a\nb', ''];
    const input = Buffer.from([0, 1, 255, 10, 0]);
    const {code, stdout, stderr} = await local().run('cat; printf "[%s]" "$@"; echo oops >&2; exit 7', args, {input}, signal);
    expect(code).toBe(7);
    expect(stdout).toEqual(Buffer.concat([input, Buffer.from(args.map((arg) => `[${arg}]`).join(''))]));
    expect(stderr).toBe('oops\n');
  });

  test('has an empty input where it is given none', async () => {
    expect((await local().run('cat', [], {}, signal)).stdout).toHaveLength(0);
  });

  test('may leave its input unread', async () => {
    expect((await local().run('exit 3', [], {input: Buffer.alloc(10_000_000)}, signal)).code).toBe(3);
  });

  test('that is killed has the exit code of a signal', async () => {
    expect((await local().run('kill -9 $$', [], {}, signal)).code).toBe(137);
  });

  test('may print more than memory holds to one who takes it piece by piece', async () => {
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
    };
    await local().run('head -c 50000000 /dev/zero', [], {onData}, signal);
    expect(bytes).toBe(50_000_000);
  });

  test('that prints faster than it is taken waits', async () => {
    let [bytes, busy] = [0, false];
    const onData = async (chunk: Buffer) => {
      expect(busy).toBe(false);
      busy = true;
      await new Promise((resolve) => setImmediate(resolve));
      bytes += chunk.length;
      busy = false;
    };
    expect(await local().run('head -c 5000000 /dev/zero; exit 3', [], {onData}, signal)).toMatchObject({code: 3});
    expect({bytes, busy}).toEqual({bytes: 5_000_000, busy: false});
  });

  test('that is over hands on what it has still printed piece by piece', async () => {
    const mark = `kops-test-pieces-${process.pid}`;
    let [bytes, busy] = [0, false];
    const onData = async (chunk: Buffer) => {
      expect(busy).toBe(false);
      busy = true;
      await vi.waitFor(() => expect(processesWith(mark)).toEqual([]));
      await new Promise((resolve) => setTimeout(resolve, 20)); // Node has noticed
      bytes += chunk.length;
      busy = false;
    };
    await local().run('head -c 30000 /dev/zero; sleep 0.1; head -c 30000 /dev/zero', [mark], {onData}, signal);
    expect({bytes, busy}).toEqual({bytes: 60_000, busy: false});
  });

  test('is over with the failure of who takes what it prints', async () => {
    const full = () => Promise.reject(new Error('the disk is full'));
    await expect(local().run('cat /dev/zero', [], {onData: full}, signal)).rejects.toThrow('the disk is full');
  });

  test('that prints more than is to be kept is a problem', async () => {
    await expect(local().run('cat /dev/zero', [], {maxBytes: 100_000}, signal)).rejects.toThrow('more than 100000 bytes');
  });

  test('keeps the end of what it complains of', async () => {
    const {stderr} = await local().run('seq 100000 >&2', [], {}, signal);
    expect(stderr.length).toBeLessThanOrEqual(16 * 1024);
    expect(stderr).toMatch(/\n99999\n100000\n$/);
  });

  test('ends with the signal, and with all that it started', async () => {
    const mark = `kops-test-${process.pid}`;
    const controller = new AbortController();
    const running = local().run('sh -c "sleep 60; :" "$1" & wait', [mark], {}, controller.signal);
    await vi.waitFor(() => expect(processesWith(mark)).not.toEqual([]), {timeout: 10_000});
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await vi.waitFor(() => expect(processesWith(mark)).toEqual([]), {timeout: 10_000});
  });

  test('is over though something that it left behind holds its output', {timeout: 20_000}, async () => {
    const {stdout} = await local().run('echo done; setsid sleep 30 & echo "$!"', [], {}, signal);
    const [said, pid] = stdout.toString().trim().split('\n');
    process.kill(Number(pid), 'SIGKILL');
    expect(said).toBe('done');
  });
});

describe('a node that cannot be reached', () => {
  const docker = (complaint: string, code = 1) => fakePrograms({docker: `echo '${complaint}' >&2; exit ${code}`});

  test.each([
    ['Error response from daemon: No such container: a', 'docker has no container a'],
    ['Error response from daemon: container 8f is not running', 'the container a is stopped'],
    [
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock',
      'this user may not use docker',
    ],
    [
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      'no docker engine answers',
    ],
    ['something nobody has seen \u001b[31mbefore', 'something nobody has seen ␛[31mbefore'],
  ])('docker: %s', async (complaint, why) => {
    docker(complaint);
    const error: unknown = await dockerNode('a')
      .run('true', [], {}, signal)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Unreachable);
    expect(error).toMatchObject({message: 'the node cannot be reached: docker exec a', why, exitCode: 5, started: false});
  });

  test.each([
    ['Host key verification failed.', 'its host key is not known', 'check it and log in once by hand: ssh a'],
    ['root@a: Permission denied (publickey).', 'it takes none of the keys that ssh offers', undefined],
    ['ssh: Could not resolve hostname a: Name or service not known', 'the name of the host is not known here', undefined],
    ['ssh: connect to host a port 22: Connection refused', 'no ssh server listens there', undefined],
    ['ssh: connect to host a port 22: Connection timed out', 'it does not answer', undefined],
    ['sudo: a password is required', 'sudo asks for a password there', undefined],
    [
      'WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!',
      'its host key is another one than before: someone may be in between',
      undefined,
    ],
  ])('ssh: %s', async (complaint, why, next) => {
    fakePrograms({ssh: `echo '${complaint}' >&2; exit 255`});
    const node = sshNode('a');
    await expect(node.run('true', [], {}, signal)).rejects.toMatchObject({
      message: 'the node cannot be reached: ssh a',
      why,
      ...(next && {next}),
      started: false,
    });
    await node.close();
  });

  test('a program that is not installed', async () => {
    fakePrograms({}, {alone: true});
    await expect(dockerNode('a', 'podman').run('true', [], {}, signal)).rejects.toMatchObject({why: 'podman is not installed'});
  });

  test('a connection that is lost in the middle of a script is told from one that cannot be had', async () => {
    fakePrograms({docker: 'echo kops:begun >&2; echo half; echo broken pipe >&2; exit 255'});
    await expect(dockerNode('a').run('true', [], {}, signal)).rejects.toMatchObject({
      message: 'the connection to the node was lost (docker exec a)',
      why: 'broken pipe',
      started: true,
    });
  });

  test('one that never answers is given up', async () => {
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']});
    try {
      fakePrograms({docker: 'exec sleep 600'});
      const running = dockerNode('a').run('true', [], {}, signal);
      vi.advanceTimersByTime(20_001);
      await expect(running).rejects.toMatchObject({why: 'it does not answer', started: false});
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('ssh', () => {
  test.each([
    ['{node}', 'cp-1', 'cp-1'],
    ['admin@{node}.example.com', 'cp-1', 'admin@cp-1.example.com'],
    ['ssh://root@[fd00::1]:2222', 'cp-1', 'ssh://root@[fd00::1]:2222'],
  ])('%s of node %s is %s', (template, node, target) => {
    expect(sshTarget(template, node)).toBe(target);
  });

  test.each(['-oProxyCommand=id', 'a b', 'a;id', '$(id)', ''])('%j is no host', (template) => {
    expect(() => sshTarget(template, 'a')).toThrow('is not a host for ssh');
  });

  test('nobody is asked anything, words arrive as they are, and nothing of the input is in the arguments', async () => {
    const folder = fakePrograms({ssh: 'printf "%s\\n" "$@" >"$(dirname "$0")/args"; for last; do :; done; exec sh -c "$last"'});
    const node = sshNode('a', 'root@{node}');
    const args = ["it's", '$HOME', 'a\nb'];
    const {stdout, code} = await node.run('printf "[%s]" "$@"; cat', args, {input: Buffer.from('secret')}, signal);
    expect(code).toBe(0);
    expect(stdout.toString()).toBe("[it's][$HOME][a\nb]secret");
    const given = readFileSync(`${folder}/args`, 'utf8');
    expect(given).toContain('-o\nBatchMode=yes\n');
    expect(given).toContain('--\nroot@a\n');
    expect(given).not.toContain('secret');
    await node.close();
  });
});

test('on this machine someone who is not root goes through sudo, which asks for nothing', async () => {
  const folder = fakePrograms({sudo: 'printf "%s\\n" "$@" >"$(dirname "$0")/args"; shift 2; exec "$@"'});
  const {stdout} = await localNode('a', {uid: 1000}).run('echo "$1"', ['x'], {}, signal);
  expect(stdout.toString()).toBe('x\n');
  expect(readFileSync(`${folder}/args`, 'utf8')).toMatch(/^-n\n--\nsh\n/);
});
