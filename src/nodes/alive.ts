import {readFileSync} from 'node:fs';

/** Whether a process of this machine runs: one that has ended is dead, also while nobody has asked for its exit code (a zombie). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  return !/^\d+ \(.*\) [ZX] /s.test(stateOf(pid));
}

/** `PID (NAME) STATE …`; nothing where there is no /proc. */
function stateOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '';
  }
}
