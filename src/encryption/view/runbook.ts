import {wrap} from '../../text/fit.ts';
import type {Screen} from '../../text/screen.ts';
import type {EncryptionRunbook} from '../runbook.ts';

/** Commands to paste, what is said of them in comments. */
export function renderRunbook({context, operation, steps}: EncryptionRunbook, {theme, width}: Screen): string {
  const blocks = steps.map(({title, on, commands}, i) =>
    [
      ...wrap(`${i + 1}. ${title}`, width - 2).map((line) => theme.strong(`# ${line}`)),
      theme.dim(on ? `# on ${on.join(', ')}, as root` : '# wherever kubectl is'),
      ...commands,
    ].join('\n'),
  );
  return [`# ${context}: what kops encrypt-at-rest ${operation} does, by hand`, ...blocks].join('\n\n');
}
