import {cp, mkdir, symlink, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const PEM = fileURLToPath(new URL('../fixtures/create/pem', import.meta.url));

const FILES: Readonly<Record<string, string | Buffer>> = {
  'text.txt': 'hello\nworld\n',
  'no-newline.txt': 'hello',
  empty: '',
  'newline-only': '\n',
  'bom.txt': '\uFEFFhello',
  'binary.bin': Buffer.from(Array.from({length: 256}, (_, i) => i)),
  'almost-text.bin': Buffer.from([0x68, 0x69, 0xc3]),
  'overlong.bin': Buffer.from([0xc0, 0x80]),
  'surrogate.bin': Buffer.from([0xed, 0xa0, 0x80]),
  'utf16.txt': Buffer.from('\uFEFFhello', 'utf16le'),
  'nul.txt': 'a\0b',
  'html.txt': '<a href="x">&amp;</a>\n',
  'separators.txt': 'a\u2028b\u2029c\u0085d',
  'controls.txt': '\b\f\u0001\u001f\u007f\t\r\v\\"/',
  'crlf.txt': 'a\r\nb\r\n',
  'emoji.txt': 'grün 🚀 \u{10FFFF} \uFFFD',
  'a,b.txt': 'a comma',
  'quo"te.txt': 'a quote',
  'a=b.txt': 'an equals sign',
  'with space.txt': 'a space',
  UPPER: 'upper',
  '10': 'ten',
  '9': 'nine',
  'conf/app.yaml': 'level: debug\n',
  'conf/db.properties': 'url=jdbc\n',
  'conf/.hidden': 'hidden',
  'conf/sub/deeper.txt': 'not taken',
  'plain/a': '1',
  'plain/b': Buffer.from([0xff]),
  'spaced/a b': 'no key',
  'dotted/..a': 'no key',
  'linked/file': 'a file',
  'mounted/..2026_11_23/key': 'mounted',
  'only-folders/sub/x': 'x',
  'config.json': '{"auths":{"registry.test":{"auth":"YTpi"}}}\n',
  'broken.json': '{"auths":',
  'simple.env': 'A=1\nB=two words\nC=\n',
  'bom.env': '\uFEFFA=1\n',
  'crlf.env': 'A=1\r\nB=2\r\n',
  'quotes.env': 'A="quoted"\nB=\'single\'\nC=a # no comment\nD=a=b=c\nE= led by a space\nF=trailing \n',
  'comments.env': '# one\n\n   # two\n\t\nA=1\n#B=2\n',
  'indented.env': '  A=1\n\tB=2\n\u00a0C=3\n\u2003D=4\n\u0085E=5\n',
  'names.env': 'a.b=1\n_x=2\n-y=3\nE-F.g=4\n.h=5\n',
  'inherited.env': 'KOPS_CASE\nA=1\n',
  'unset.env': 'KOPS_UNSET\n',
  'no-final.env': 'A=1\nB=2',
  'empty.env': '',
  'carriage-return.env': 'A=1\rB=2\n',
  'late-bom.env': 'A=1\n\uFEFFB=2\n',
  'nul.env': 'A=a\0b\n',
  'long.env': `A=1\nB=${'x'.repeat(70_000)}\nC=3\n`,
  'just-long.env': `A=${'x'.repeat(3000)}\nB=2\n`,
  'twice.env': 'A=1\nA=2\n',
  'export.env': 'export A=1\n',
  'spaced.env': 'A =1\n',
  'digit.env': '1A=1\n',
  'nameless.env': '=1\n',
  'dots.env': '..A=1\n',
  'latin1.env': Buffer.from('A=gr\xfcn\n', 'latin1'),
  'latin1-comment.env': Buffer.from('# gr\xfcn\nA=1\n', 'latin1'),
  'proto.env': '__proto__=1\nconstructor=2\n',
};

/** What the cases of `create-cases.ts` read: laid out in an empty folder. */
export async function layCreateFiles(folder: string): Promise<void> {
  for (const [path, content] of Object.entries(FILES)) {
    await mkdir(dirname(join(folder, path)), {recursive: true});
    await writeFile(join(folder, path), content);
  }
  await mkdir(join(folder, 'empty-folder'));
  await symlink('text.txt', join(folder, 'link.txt'));
  await symlink('conf', join(folder, 'link-to-conf'));
  await symlink('nowhere', join(folder, 'dangling'));
  await symlink('file', join(folder, 'linked/link'));
  await symlink('..2026_11_23', join(folder, 'mounted/..data'));
  await symlink('..data/key', join(folder, 'mounted/key'));
  await cp(PEM, join(folder, 'pem'), {recursive: true});
}
