import type {ListrTask} from 'listr2';
import type {Progress, Step} from '../progress.ts';
import {duration} from '../text/duration.ts';
import type {Screen} from '../text/screen.ts';
import {isInteractive} from './terminal.ts';

/** Off a terminal what a step says of itself is printed at most this often; milliseconds. */
const DETAIL_INTERVAL = 15_000;

/** For a change of several steps, on standard error: a live list on a terminal, lines that stay elsewhere. */
export const createProgress = (stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv, screen: Screen): Progress =>
  isInteractive(stream, env) ? listProgress(stream, screen) : lineProgress((line) => stream.write(`${line}\n`), screen, Date.now);

/** A line when a step has ended, and now and then what a long one says; nothing is ever redrawn. `now` in milliseconds. */
export function lineProgress(write: (line: string) => void, {theme}: Screen, now: () => number): Progress {
  async function runStep({title, run}: Step): Promise<void> {
    const start = now();
    let printed = start;
    let latest = '';
    await run((text) => {
      latest = text;
      if (now() - printed < DETAIL_INTERVAL) return;
      printed = now();
      write(`${theme.waiting('…')} ${title}: ${text}`);
    });
    write(`${theme.good('✔')} ${caption(title, latest, theme.dim)}  ${theme.dim(seconds(now() - start))}`);
  }
  return {
    async run(steps) {
      for (const step of steps) await runStep(step);
    },
  };
}

function listProgress(stream: NodeJS.WriteStream, {theme}: Screen): Progress {
  const colours = {
    COMPLETED: theme.good,
    FAILED: theme.wrong,
    PENDING: theme.waiting,
    WAITING: theme.dim,
    COMPLETED_WITH_SISTER_TASKS_FAILED: theme.dim,
  };
  const toTask = ({title, run}: Step): ListrTask => ({
    title,
    async task(_context, task) {
      const start = Date.now();
      let latest = '';
      await run((text) => {
        latest = text;
        task.title = caption(title, text, theme.dim);
      });
      task.title = `${caption(title, latest, theme.dim)}  ${theme.dim(seconds(Date.now() - start))}`;
    },
  });
  return {
    async run(steps) {
      const {Listr, ListrLogger, ProcessOutput} = await import('listr2');
      await new Listr(steps.map(toTask), {
        registerSignalListeners: false, // it would end the process on Ctrl-C, with nothing undone
        renderer: 'default',
        forceTTY: true, // it looks at standard output, which may be a file
        rendererOptions: {
          logger: new ListrLogger({useIcons: true, processOutput: new ProcessOutput(stream, stream)}),
          showErrorMessage: false, // the caller prints the error, once
          icon: {FAILED: '✗', WAITING: '○', COMPLETED_WITH_SISTER_TASKS_FAILED: '○'},
          color: colours as Record<string, (text?: string) => string>,
          formatOutput: 'truncate',
        },
      }).run();
    },
  };
}

/** One wait. On a terminal a spinner that leaves nothing behind; elsewhere nothing at all. */
export async function spin<T>(
  text: string,
  stream: NodeJS.WriteStream,
  env: NodeJS.ProcessEnv,
  action: () => Promise<T>,
): Promise<T> {
  if (!isInteractive(stream, env)) return action();
  const {default: ora} = await import('ora');
  const spinner = ora({text, stream, discardStdin: false, color: false}).start(); // raw mode would swallow Ctrl-C
  try {
    return await action();
  } finally {
    spinner.stop();
  }
}

const caption = (title: string, detail: string, dim: (text: string) => string): string =>
  detail === '' ? title : `${title}  ${dim(detail)}`;

/** `0.4s`, `12s`, `3m20s`. */
const seconds = (ms: number): string => (ms < 10_000 ? `${(ms / 1000).toFixed(1)}s` : duration(ms));
