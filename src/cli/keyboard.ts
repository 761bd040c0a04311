import type {ReadStream} from 'node:tty';

/** What a terminal makes signals of: Ctrl-C, Ctrl-\, Ctrl-Z. */
const SIGNALS: Readonly<Record<string, NodeJS.Signals>> = {'\x03': 'SIGINT', '\x1c': 'SIGQUIT', '\x1a': 'SIGTSTP'};

/**
 * Keeps what is typed off the screen while it is drawn over: an echoed Enter would shift every line below it. Signals work as ever; `stopping`
 * and `resumed` are called around the time that Ctrl-Z takes. Returns what gives the keyboard back. Where `stdin` is no terminal nothing is done.
 */
export function silenceKeyboard(
  stdin: ReadStream,
  {stopping, resumed}: {readonly stopping: () => void; readonly resumed: () => void},
  send: (signal: NodeJS.Signals) => void = (signal) => void process.kill(process.pid, signal),
): () => void {
  if (!stdin.isTTY || stdin.isRaw) return () => {};
  const onData = (typed: Buffer | string) => {
    for (const key of String(typed)) {
      const signal = SIGNALS[key];
      if (signal === undefined) continue;
      if (signal === 'SIGTSTP') {
        stdin.setRawMode(false);
        stopping();
      }
      send(signal);
    }
  };
  const onResume = () => {
    stdin.setRawMode(true);
    resumed();
  };
  stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.resume();
  process.on('SIGCONT', onResume);
  return () => {
    process.off('SIGCONT', onResume);
    stdin.off('data', onData);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
