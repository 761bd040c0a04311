import {expect, test} from 'vitest';
import {namedRows} from '../../src/text/rows.ts';

test('names stand in one column, and what is said of them goes on below itself', () => {
  const rows = namedRows(
    [
      ['key', 'on the control plane; back it up, apart from the backups of etcd'],
      ['changes', '/etc/a   new', '/etc/bcd changed'],
      ['nothing'],
    ],
    40,
  );
  expect(rows.join('\n')).toMatchInlineSnapshot(`
    "  key      on the control plane; back it
               up, apart from the backups of
               etcd
      changes  /etc/a   new
               /etc/bcd changed"
  `);
});
