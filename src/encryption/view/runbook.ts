import type {Screen} from '../../text/screen.ts';
import type {EncryptionRunbook} from '../runbook.ts';

/** Commands to paste, what is said of them in comments. */
export function renderRunbook({context, operation, steps}: EncryptionRunbook, {theme}: Screen): string {
  const blocks = steps.map(({title, on, commands}, i) =>
    [
      theme.strong(`# ${i + 1}. ${title}`),
      theme.dim(on ? `# on ${on.join(', ')}, as root` : '# wherever kubectl is'),
      ...commands,
    ].join('\n'),
  );
  return [`# ${context}: what kops encrypt-at-rest ${operation} does, by hand`, ...blocks].join('\n\n');
}
