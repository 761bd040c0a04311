import {symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {describe, expect, test, vi} from 'vitest';
import {removeFile, sha256} from '../../src/nodes/files.ts';
import {confirm, guardedSwap, guardState, revert} from '../../src/nodes/guard/guard.ts';
import {FileChanged} from '../../src/nodes/problems.ts';
import {CONFIGURATION, MANIFEST, plannedChange, RETIRED} from '../support/guarded-change.ts';
import {availableShells, type PlayedNode, playNode, processesWith} from '../support/played-node.ts';

vi.setConfig({testTimeout: 120_000});

const {signal} = new AbortController();
const runner = ({root}: PlayedNode): number | undefined => processesWith('run', root)[0];
const ended = (played: PlayedNode, state: string) =>
  vi.waitFor(async () => expect((await guardState(played.node, signal))?.state).toBe(state), {timeout: 20_000, interval: 50});
/** What is left of a guard is one line that says how it ended. */
const expectNothingLeft = (played: PlayedNode, last: string | RegExp) =>
  vi.waitFor(
    () => {
      expect(played.own()).toEqual([expect.stringMatching(last)]);
      expect(runner(played)).toBeUndefined();
    },
    {timeout: 10_000},
  );

describe.each(availableShells)('under %s', (_name, shell) => {
  test('what is confirmed stays', async () => {
    const played = plannedChange({shell});
    await guardedSwap(played.node, played.plan(60), signal);
    expect(played.files().filter((line) => !line.includes('.kops-guard-'))).toEqual(played.after);
    expect(await guardState(played.node, signal)).toEqual({id: 'one', state: 'swapped'});
    await confirm(played.node, 'one', signal);
    expect(played.files()).toEqual(played.after);
    expect(await guardState(played.node, signal)).toEqual({id: 'one', state: 'confirmed'});
    await expectNothingLeft(played, /^\/guard\/last 600 one confirmed\n$/);
  });

  test('what is not confirmed in time is put back, all by itself', async () => {
    const played = plannedChange({shell});
    await guardedSwap(played.node, played.plan(1), signal);
    await vi.waitFor(() => expect(played.files()).toEqual(played.before), {timeout: 10_000});
    await expectNothingLeft(played, /^\/guard\/last 600 one reverted it was not confirmed within 1 s\n$/);
    await expect(confirm(played.node, 'one', signal)).rejects.toMatchObject({
      message: 'a has put its files back already',
      why: 'it was not confirmed within 1 s',
    });
  });
});

test('it puts back at once when asked to', async () => {
  const played = plannedChange();
  await guardedSwap(played.node, played.plan(60), signal);
  expect(await revert(played.node, 'one', signal)).toBe('reverted');
  expect(played.files()).toEqual(played.before);
  expect(await revert(played.node, 'one', signal)).toBe('reverted');
  expect(await revert(played.node, 'another', signal)).toBe('none');
});

test('a change that is confirmed cannot be reverted, and may be confirmed again', async () => {
  const played = plannedChange();
  await guardedSwap(played.node, played.plan(60), signal);
  await confirm(played.node, 'one', signal);
  await confirm(played.node, 'one', signal);
  expect(await revert(played.node, 'one', signal)).toBe('confirmed');
  expect(played.files()).toEqual(played.after);
  await expect(confirm(played.node, 'another', signal)).rejects.toThrow('there is nothing to confirm on a');
});

describe('nothing is touched where', () => {
  const refusal = async (played: ReturnType<typeof plannedChange>) => {
    const before = played.files();
    const error: unknown = await guardedSwap(played.node, played.plan(60), signal).catch((reason: unknown) => reason);
    expect(played.files()).toEqual(before);
    expect(await guardState(played.node, signal)).toMatchObject({id: 'one', state: 'refused'});
    await expectNothingLeft(played, /^\/guard\/last /);
    return error;
  };

  test('a file is another one than was planned on', async () => {
    const played = plannedChange();
    played.write(MANIFEST, 'edited by hand');
    const error = await refusal(played);
    expect(error).toBeInstanceOf(FileChanged);
    expect(error).toMatchObject({message: `${MANIFEST} on a was changed by someone else in between`, exitCode: 3});
  });

  test('a file that was to be made is there', async () => {
    const played = plannedChange();
    played.write(CONFIGURATION, 'made by hand');
    expect(await refusal(played)).toBeInstanceOf(FileChanged);
  });

  test('a file that was to be removed is gone', async () => {
    const played = plannedChange();
    await played.node.run('rm "$1"', [`${played.root}${RETIRED}`], {}, signal);
    expect(await refusal(played)).toBeInstanceOf(FileChanged);
  });

  test('a file is a symbolic link', async () => {
    const played = plannedChange();
    await played.node.run('mv "$1" "$1.real"', [`${played.root}${MANIFEST}`], {}, signal);
    symlinkSync('kube-apiserver.yaml.real', join(played.root, MANIFEST));
    expect(await refusal(played)).toMatchObject({why: `${MANIFEST} is a symbolic link`});
  });
});

test('a file that someone else writes meanwhile is left alone with those before it, and the last good ones are kept', async () => {
  const played = plannedChange();
  await guardedSwap(played.node, played.plan(60), signal);
  played.write(MANIFEST, 'edited by hand', '600');
  expect(await revert(played.node, 'one', signal)).toBe('reverted');
  // An edited manifest names the configuration still: without that its API server could not start.
  expect(played.files()).toEqual([`${CONFIGURATION} 600 new key\n`, `${MANIFEST} 600 edited by hand`, `${RETIRED} 600 old key`]);
  const state = await guardState(played.node, signal);
  expect(state?.why).toBe(
    `kops asked for it; left alone, because someone else wrote it: ${MANIFEST}; and what that may need: ${CONFIGURATION} (last good copies: /etc/kubernetes/kops/guard/one)`,
  );
  expect(played.read('/etc/kubernetes/kops/guard/one/2.old')).toBe('old manifest\n');
  const next = {...played.plan(60, 'two'), swaps: [{path: '/etc/x', expect: 'absent', content: Buffer.from('x'), mode: '600'}]};
  await guardedSwap(played.node, next, signal);
  await confirm(played.node, 'two', signal);
  expect(played.read('/etc/kubernetes/kops/guard/one/2.old')).toBe('old manifest\n');
});

test('what comes after a file that someone else wrote is put back, and a file that is as before needs nothing', async () => {
  const played = plannedChange();
  await guardedSwap(played.node, played.plan(60), signal);
  played.write(CONFIGURATION, 'edited by hand', '600');
  expect(await revert(played.node, 'one', signal)).toBe('reverted');
  expect(played.files()).toEqual([
    `${CONFIGURATION} 600 edited by hand`,
    `${MANIFEST} 640 old manifest\n`,
    `${RETIRED} 600 old key`,
  ]);
  expect((await guardState(played.node, signal))?.why).toMatch(/someone else wrote it: \S+ \(last good copies/);
});

test('a second guard at the same time is refused, and the first goes on', async () => {
  const played = plannedChange();
  await guardedSwap(played.node, played.plan(60), signal);
  const swaps = [{path: '/etc/other', expect: 'absent', content: Buffer.from('x'), mode: '600'}];
  await expect(guardedSwap(played.node, {id: 'two', swaps, confirmWithin: 60}, signal)).rejects.toMatchObject({
    message: 'another change is under way on a',
    why: 'the guard one waits there for it to be confirmed',
  });
  expect(played.read('/etc/other')).toBeUndefined();
  await confirm(played.node, 'one', signal);
  expect(played.files()).toEqual(played.after);
});

test('of two that begin at the same moment one is refused', async () => {
  const played = plannedChange();
  const ids = ['one', 'two', 'three'];
  const outcomes = await Promise.allSettled(ids.map((id) => guardedSwap(played.node, played.plan(60, id), signal)));
  expect(outcomes.filter(({status}) => status === 'fulfilled')).toHaveLength(1);
  const winner = ids[outcomes.findIndex(({status}) => status === 'fulfilled')] ?? '';
  expect(await guardState(played.node, signal)).toEqual({id: winner, state: 'swapped'});
  expect(await revert(played.node, winner, signal)).toBe('reverted');
  expect(played.files()).toEqual(played.before);
});

test('one that ends while it is looked at is not launched anew', async () => {
  const played = playNode();
  const script = (text: string) => played.node.run(text, [`${played.root}/etc/kubernetes/kops/guard`], {}, signal);
  // The look comes to a standstill where it asks which process is at work: the guard ends there, as one that was just confirmed.
  await script('mkdir -p "$1/one" && cd "$1" && echo one >active && echo swapped >one/state && mkfifo one/runner.1');
  const look = guardState(played.node, signal);
  await script('exec 3>"$1/one/runner.1"; rm "$1/one/runner.1" "$1/active"; echo "one confirmed" >"$1/last"');
  expect(await look).toEqual({id: 'one', state: 'confirmed'});
  expect(await guardState(played.node, signal)).toEqual({id: 'one', state: 'confirmed'});
  expect(played.commands().filter((line) => line.startsWith('setsid'))).toEqual([]);
});

test('files may be called as they like', async () => {
  const played = playNode();
  const names = ['a b', "it's", '"q"', '$HOME', '*', '-n', 'ünïcode', 'back\\slash', '%s', '&', '.hidden'];
  const swaps = names.map((name) => ({path: `/etc/${name}/${name}`, expect: 'absent', content: Buffer.from(name), mode: '600'}));
  await guardedSwap(played.node, {id: 'one', swaps, confirmWithin: 60}, signal);
  expect(played.files().sort()).toEqual(names.map((name) => `/etc/${name}/${name} 600 ${name}`).sort());
  expect(await revert(played.node, 'one', signal)).toBe('reverted');
  expect(played.files()).toEqual([]);
  const broken = {path: '/etc/a\nb', expect: 'absent', content: Buffer.from('x'), mode: '600'};
  await expect(guardedSwap(played.node, {id: 'two', swaps: [broken], confirmWithin: 60}, signal)).rejects.toThrow(
    'not an absolute path',
  );
});

test('content never shows in the arguments of a program', async () => {
  const played = plannedChange();
  await guardedSwap(played.node, played.plan(60), signal);
  await revert(played.node, 'one', signal);
  const commands = played.commands();
  expect(commands.length).toBeGreaterThan(50);
  const contents = ['new key', 'new manifest', 'old key', 'old manifest'];
  const shown = contents.flatMap((content) => [content, Buffer.from(content).toString('base64').replace(/=+$/, '').slice(0, -1)]);
  expect(commands.filter((line) => shown.some((text) => line.includes(text)))).toEqual([]);
});

/** `mv -f A B` as a pair, in the order in which they were run, of the files that the change is about. */
const renames = ({commands, root}: PlayedNode) =>
  commands().flatMap((line) => {
    const [, from = '', to = ''] = /^mv -f (\S+) (\S+)$/.exec(line) ?? [];
    return to.startsWith(`${root}/etc/`) && !to.includes('/kops/guard/one/') ? [{from, to: to.slice(root.length)}] : [];
  });

test('files are swapped in the order of the plan and put back in the reverse one', async () => {
  const played = playNode();
  const paths = ['/etc/a', '/etc/b', '/etc/c'];
  for (const path of paths) played.write(path, 'old');
  const expected = sha256(Buffer.from('old'));
  const swaps = paths.map((path) => ({path, expect: expected, content: Buffer.from('new'), mode: '600'}));
  await guardedSwap(played.node, {id: 'one', swaps, confirmWithin: 60}, signal);
  await revert(played.node, 'one', signal);
  const changed = renames(played).flatMap(({to}) => (paths.includes(to) ? [to] : []));
  expect(changed).toEqual(['/etc/a', '/etc/b', '/etc/c', '/etc/c', '/etc/b', '/etc/a']);
});

test('a file is on the disk before it takes its place, and its folder after that', async () => {
  const played = plannedChange();
  await guardedSwap(played.node, played.plan(60), signal);
  await revert(played.node, 'one', signal);
  const commands = played.commands();
  const moves = commands.flatMap((line, i) => (line.startsWith('mv -f ') ? [{line, i}] : []));
  expect(moves.length).toBeGreaterThan(5);
  for (const {line, i} of moves) {
    const [, , from = '', to = ''] = line.split(' ');
    expect(commands.slice(0, i), line).toContain(`sync ${from}`);
    expect(commands.slice(i), line).toContain(`sync ${to.replace(/\/[^/]*$/, '')}`);
  }
});

test('what it keeps is for root alone', async () => {
  const played = plannedChange();
  await guardedSwap(played.node, played.plan(60), signal);
  const {stdout} = await played.node.run(
    'find "$1" "$2" -perm /077',
    [`${played.root}/etc/kubernetes/kops`, `${played.root}/etc/kubernetes/enc`],
    {},
    signal,
  );
  // A copy has the mode of its file, in a folder of 0700.
  expect(stdout.toString().replaceAll(played.root, '').split('\n').filter(Boolean).sort()).toEqual([
    '/etc/kubernetes/kops/guard/one/2.new',
    '/etc/kubernetes/kops/guard/one/2.old',
  ]);
  await confirm(played.node, 'one', signal);
});

test('a file that someone else removes meanwhile is left alone too', async () => {
  const played = plannedChange();
  await guardedSwap(played.node, played.plan(60), signal);
  await removeFile(played.node, MANIFEST, {}, signal);
  await revert(played.node, 'one', signal);
  expect(played.files()).toEqual([
    `${CONFIGURATION} 600 new key\n`,
    `${MANIFEST.replace(/\/[^/]*$/, '')}/ 755`,
    `${RETIRED} 600 old key`,
  ]);
  expect((await guardState(played.node, signal))?.why).toContain(`left alone, because someone else wrote it: ${MANIFEST}`);
});

test('where the node starts anew before anything was changed, nothing is', async () => {
  // setsid comes between a guard that is armed and one that runs, as a boot would.
  const played = plannedChange({before: {setsid: 'printf another >"$(dirname "$2")/boot"'}});
  await expect(guardedSwap(played.node, played.plan(60), signal)).rejects.toMatchObject({
    why: 'the node started anew before anything was changed',
  });
  expect(played.files()).toEqual(played.before);
  expect(await guardState(played.node, signal)).toMatchObject({id: 'one', state: 'reverted'});
});

test('a guard that died before it began never begins', async () => {
  const played = plannedChange({second: 0.1, before: {setsid: '[ -e "$SHIMS/first" ] || { : >"$SHIMS/first"; exit 1; }'}});
  await expect(guardedSwap(played.node, played.plan(60), signal)).rejects.toMatchObject({
    why: 'it was interrupted before anything was changed',
  });
  expect(played.files()).toEqual(played.before);
});

test('when kops is interrupted it is put back before kops ends', async () => {
  const played = plannedChange();
  const controller = new AbortController();
  const swap = guardedSwap(played.node, played.plan(60), controller.signal);
  controller.abort(new Error('interrupted'));
  await expect(swap).rejects.toThrow('interrupted');
  expect(played.files()).toEqual(played.before);
  expect(await guardState(played.node, signal)).toMatchObject({id: 'one', state: 'reverted'});
});

test('a plan that arrives in part is no plan', async () => {
  const played = plannedChange();
  const truncated = {
    ...played.node,
    run: ((script, args, options, signal) =>
      played.node.run(
        script,
        args,
        options.input ? {input: options.input.subarray(0, -5)} : options,
        signal,
      )) satisfies typeof played.node.run,
  };
  await expect(guardedSwap(truncated, played.plan(60), signal)).rejects.toMatchObject({
    why: 'the plan did not arrive as a whole, or cannot be written',
  });
  expect(played.files()).toEqual(played.before);
  expect(await guardState(played.node, signal)).toBeUndefined();
});

describe('its own clock', () => {
  test('time in which it was stopped does not count', async () => {
    const played = plannedChange({second: 0.2});
    await guardedSwap(played.node, played.plan(5), signal);
    const pid = runner(played) ?? 0;
    process.kill(pid, 'SIGSTOP');
    await sleep(1_500); // by the machine's clock the time is up
    process.kill(pid, 'SIGCONT');
    await confirm(played.node, 'one', signal);
    expect(played.files()).toEqual(played.after);
  });

  test('one that is stopped for good is confirmed all the same, and ended', async () => {
    const played = plannedChange();
    await guardedSwap(played.node, played.plan(60), signal);
    process.kill(runner(played) ?? 0, 'SIGSTOP');
    await confirm(played.node, 'one', signal);
    expect(played.files()).toEqual(played.after);
    await expectNothingLeft(played, /confirmed/);
  });
});

describe('after kill -9 of the guard', () => {
  test('the next look sets it going, for a full window again', async () => {
    const played = plannedChange({second: 0.1});
    await guardedSwap(played.node, played.plan(20), signal);
    const first = runner(played) ?? 0;
    process.kill(first, 'SIGKILL');
    expect(await guardState(played.node, signal)).toEqual({id: 'one', state: 'swapped'});
    await vi.waitFor(() => expect(runner(played)).not.toBeOneOf([first, undefined]), {timeout: 10_000});
    await vi.waitFor(() => expect(played.files()).toEqual(played.before), {timeout: 20_000});
    await expectNothingLeft(played, /reverted it was not confirmed/);
  });

  test('a stranger that has got its number is not taken for it', async () => {
    const played = plannedChange();
    await guardedSwap(played.node, played.plan(60), signal);
    const claim = '/etc/kubernetes/kops/guard/one/runner.1';
    const [number, started, life] = played.read(claim)?.trim().split(' ') ?? [];
    process.kill(Number(number), 'SIGKILL');
    played.write(claim, `${process.pid} ${started} ${life}\n`);
    await guardState(played.node, signal);
    await vi.waitFor(() => expect(runner(played)).toBeDefined(), {timeout: 10_000});
    expect(await revert(played.node, 'one', signal)).toBe('reverted');
  });

  test('it can still be confirmed', async () => {
    const played = plannedChange();
    await guardedSwap(played.node, played.plan(60), signal);
    process.kill(runner(played) ?? 0, 'SIGKILL');
    await confirm(played.node, 'one', signal);
    expect(played.files()).toEqual(played.after);
    await expectNothingLeft(played, /confirmed/);
  });

  test('there is one at work, however many look', async () => {
    const played = plannedChange();
    await guardedSwap(played.node, played.plan(60), signal);
    process.kill(runner(played) ?? 0, 'SIGKILL');
    await Promise.all(Array.from({length: 4}, () => guardState(played.node, signal)));
    await vi.waitFor(() => expect(processesWith('run', played.root)).toHaveLength(1));
    expect(await revert(played.node, 'one', signal)).toBe('reverted');
    expect(played.files()).toEqual(played.before);
  });
});

test('where both decide at the same moment, the one that comes second by a hair has lost', async () => {
  // Each has seen that nothing is decided before either decides; then kops is the slower one.
  const barrier = `case $1 in */open) : >"$1.$PPID"
    until [ "$(ls "$1".* | wc -l)" -ge 2 ] || [ ! -e "$1" ]; do sleep 0.1; done
    case $2 in */confirmed) sleep 2 ;; esac ;; esac`;
  const played = plannedChange({second: 0.2, before: {mv: barrier}});
  await guardedSwap(played.node, played.plan(5), signal);
  await expect(confirm(played.node, 'one', signal)).rejects.toThrow('has put its files back already');
  expect(played.files()).toEqual(played.before);
  await expectNothingLeft(played, /reverted/);
});

test('confirmation and deadline have one winner', async () => {
  const outcomes = new Set<string>();
  let delay = 300;
  for (let round = 0; round < 8; round++) {
    const played = plannedChange({second: 0.1});
    await guardedSwap(played.node, played.plan(3), signal);
    await sleep(delay);
    const outcome = await confirm(played.node, 'one', signal).then(
      () => 'confirmed',
      () => 'reverted',
    );
    delay = Math.max(0, delay + (outcome === 'confirmed' ? 150 : -70)); // to where it is close
    await ended(played, outcome);
    expect(played.files(), `${delay} ms`).toEqual(outcome === 'confirmed' ? played.after : played.before);
    await expectNothingLeft(played, new RegExp(outcome));
    outcomes.add(outcome);
  }
  expect(outcomes).toEqual(new Set(['confirmed', 'reverted']));
});
