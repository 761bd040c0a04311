// All tests, and as the last line how many passed: `N passed, N failed, N skipped`. Takes vitest's own arguments.
import {execFileSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {createVitest, parseCLI, type Vitest} from 'vitest/node';
import {kindTests, probeMachine} from '../test/support/kind-tests.ts';
import {Tally} from './tally.ts';

// A start of what is built takes half the CPU time of one from the sources, and the tests make a thousand.
execFileSync(process.execPath, [fileURLToPath(new URL('build.ts', import.meta.url))], {stdio: 'inherit'});
process.env.KOPS_TEST_BUILT = 'yes';

const kind = await kindTests(process.env, probeMachine);
if (!kind.run) process.env.KOPS_TEST_KIND = 'skip';

const tally = new Tally();
const {filter, options} = parseCLI(['vitest', ...process.argv.slice(2)]);
const {reporter, ...rest} = options;
const reporters = [reporter ?? 'default', tally].flat();
process.env.NODE_ENV ??= 'test';

let vitest: Vitest | undefined;
try {
  vitest = await createVitest({...rest, watch: false, reporters});
  stopCleanly(vitest);
  await vitest.start(filter);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await vitest?.close();
}
if (!kind.run) console.log(`tests on a kind cluster did not run: ${kind.why}`);
console.log(tally.line(process.exitCode !== undefined && process.exitCode !== 0));
process.exit(tally.failed > 0 ? 1 : process.exitCode);

/** vitest's own answer to a signal is to exit at once, which would leave the labs up. */
function stopCleanly(running: Vitest): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => {
      process.exitCode = 130;
      void running.cancelCurrentRun('keyboard-input');
    });
  }
}
