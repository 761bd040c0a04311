import {type ChildProcess, spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import type {Words} from './programs.ts';

/** Seconds from start to end of a program whose output nobody reads. Rejects where it ends with another code than `expected`. */
export function time(words: Words, env: NodeJS.ProcessEnv, expected = 0): Promise<number> {
  const [program = '', ...args] = words;
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(program, args, {env, stdio: ['ignore', 'ignore', 'pipe']});
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === expected) resolve((performance.now() - start) / 1000);
      else reject(new Error(`${words.join(' ')} ended with ${code}\n${errors}`));
    });
  });
}

export interface Usage {
  /** Seconds since the start of sampling, and megabytes of resident memory. */
  readonly memory: readonly (readonly [number, number])[];
  /** Megabytes: the most there ever was. */
  readonly peak: number;
  /** Seconds of CPU, in the program and in the kernel for it. */
  readonly cpu: number;
  /** Seconds. */
  readonly elapsed: number;
}

/** Looks at a process several times a second until it ends. Linux: reads /proc. */
export function sample(child: ChildProcess, pid: number, every: number): Promise<Usage> {
  const start = performance.now();
  const memory: [number, number][] = [];
  let peak = 0;
  let cpu = 0;
  const look = () => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const kilobytes = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
      memory.push([(performance.now() - start) / 1000, kilobytes('VmRSS') / 1024]);
      peak = Math.max(peak, kilobytes('VmHWM') / 1024);
      // behind the program's name in parentheses: utime and stime are the 12th and 13th, in ticks of 10 ms
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      cpu = (Number(fields[11]) + Number(fields[12])) / 100;
    } catch {
      // it has just ended
    }
  };
  look();
  const timer = setInterval(look, every);
  return new Promise((resolve) => {
    child.on('close', () => {
      clearInterval(timer);
      resolve({memory, peak, cpu, elapsed: (performance.now() - start) / 1000});
    });
  });
}

/** The process that a process started, where it is its only one; waits for it. */
export async function childOf(pid: number): Promise<number> {
  for (;;) {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    if (child) return Number(child);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
