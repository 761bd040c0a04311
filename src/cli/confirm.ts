import confirm from '@inquirer/confirm';
import {ExitCode, Problem} from '../problem.ts';

/**
 * Asks on standard error before something is overwritten, deleted or rolled back. Off a terminal it never hangs: without `yes` it refuses
 * at once. Rejects with exit code 2 on a no.
 */
export async function askFirst(question: string, {yes, signal}: {yes: boolean; signal: AbortSignal}): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new Problem(`refused: "${question}" needs an answer`, {
      why: 'standard input is not a terminal, so nobody can be asked',
      next: 'add --yes to go on without asking',
      exitCode: ExitCode.usage,
    });
  }
  if (!(await confirm({message: question, default: false}, {output: process.stderr, signal}))) {
    throw new Problem('nothing changed', {why: 'the answer was no', exitCode: ExitCode.usage});
  }
}

/** Asks for more than was asked for: a no is an answer too, and so is that nobody can be asked. */
export async function askWhether(question: string, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  return confirm({message: question, default: false}, {output: process.stderr, signal});
}
