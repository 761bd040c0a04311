import {expect, test} from 'vitest';
import {hexdump} from '../../src/text/hexdump.ts';

const bytes = Buffer.from('k8s:enc:aescbc:v1:key1:\x01\x02\x7f\xffend', 'latin1');

test('it is what hexdump -C prints', () => {
  expect(hexdump(bytes).join('\n')).toMatchInlineSnapshot(`
    "00000000  6b 38 73 3a 65 6e 63 3a  61 65 73 63 62 63 3a 76  |k8s:enc:aescbc:v|
    00000010  31 3a 6b 65 79 31 3a 01  02 7f ff 65 6e 64        |1:key1:....end|"
  `);
  expect(hexdump(Buffer.alloc(3, 'a'))).toEqual([`00000000  61 61 61${' '.repeat(42)}|aaa|`]);
  expect(hexdump(Buffer.alloc(8, 'a'))).toEqual([`00000000  61 61 61 61 61 61 61 61${' '.repeat(27)}|aaaaaaaa|`]);
  expect(hexdump(Buffer.alloc(0))).toEqual([]);
});

test('what is hidden takes as much room as the rest', () => {
  expect(
    hexdump(bytes, {
      hidden: [
        {start: 18, end: 23},
        {start: 0, end: 1},
      ],
    }).join('\n'),
  ).toMatchInlineSnapshot(`
    "00000000  •• 38 73 3a 65 6e 63 3a  61 65 73 63 62 63 3a 76  |•8s:enc:aescbc:v|
    00000010  31 3a •• •• •• •• •• 01  02 7f ff 65 6e 64        |1:•••••....end|"
  `);
});

test('of a long value the first lines are shown, and how much is left', () => {
  expect(hexdump(Buffer.alloc(1000, 'a'), {lines: 2}).at(-1)).toBe('…         968 more bytes');
});

test('neighbours that look alike are coloured at once', () => {
  const mark = (text: string) => `<${text}>`;
  const [line] = hexdump(Buffer.from('abcdef'), {styleAt: (offset) => (offset < 4 ? mark : undefined)});
  expect(line).toBe(`00000000  <61 62 63 64 >65 66${' '.repeat(33)}|<abcd>ef|`);
});
