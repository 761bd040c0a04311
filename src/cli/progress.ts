import type {Progress} from '../progress.ts';
import {duration} from '../text/duration.ts';
import type {Screen} from '../text/screen.ts';

/** Off a terminal: a line when a step begins and one when it ends; nothing is ever redrawn. */
export function lineProgress(write: (line: string) => void, {theme}: Screen): Progress {
  return {
    async run(steps) {
      for (const {title, run} of steps) {
        const start = Date.now();
        let said = '';
        await run((text) => {
          said = text;
        });
        write(`${theme.good('✓')} ${title}${said ? `  ${said}` : ''}  ${theme.dim(duration(Date.now() - start))}`);
      }
    },
  };
}
