import {bytes} from '../../text/bytes.ts';
import {pad} from '../../text/fit.ts';
import {counted} from '../../text/plural.ts';
import type {Screen} from '../../text/screen.ts';
import type {Residue, ResidueFile} from '../residue.ts';

/** Where plaintext of earlier times was looked for, and what was found. */
export function renderResidue({revisions, files, skipped, ok, next}: Residue, screen: Screen): string {
  const {theme} = screen;
  const {from, to, checked, plaintext, complete} = revisions;
  const title = ok ? 'no plaintext is left of earlier times' : 'plaintext of earlier times is left';
  const found = plaintext === 0 ? theme.good('none') : theme.wrong(`${plaintext} in plaintext`);
  const limit = complete ? '' : ', as far as kops looked';
  return [
    `${ok ? theme.good('✓') : theme.wrong('✗')} ${theme.strong(title)}`,
    `  ${pad('revisions', KIND)}  ${found}  ${theme.dim(`${from} to ${to}: ${counted(checked, 'superseded value')}${limit}`)}`,
    ...files.map((file) => fileLine(file, screen)),
    ...(skipped.length === 0
      ? []
      : [
          theme.dim(`  ${pad('snapshots', KIND)}  ${skipped.length} here that may be of another cluster: not looked into`),
          theme.dim(`  ${pad('', KIND)}  name one that is not: --snapshot FILE`),
        ]),
    ...(next === null ? [] : [`  ${next.startsWith('kops ') ? `try: ${next}` : next}`]),
  ].join('\n');
}
const KIND = 'write-ahead log'.length;

function fileLine({kind, where, bytes: size, plaintext, problem}: ResidueFile, {theme}: Screen): string {
  const found =
    problem !== null
      ? theme.waiting(`not looked at: ${problem}`)
      : plaintext === 0
        ? theme.good('none')
        : theme.wrong(`${plaintext} in plaintext`);
  return `  ${pad(kind, KIND)}  ${found}  ${theme.dim(`${where}, ${bytes(size)}`)}`;
}
