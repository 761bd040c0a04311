import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {expand, isSecret, plain, shownText, textOf} from '../../../src/config/container/expand.ts';

const variables: Readonly<Record<string, string>> = {VAR_A: 'A', VAR_B: 'B', VAR_C: 'C', VAR_REF: '$(VAR_A)', VAR_EMPTY: ''};
const lookup = (name: string) => (Object.hasOwn(variables, name) ? plain(variables[name] ?? '') : undefined);
const expanded = (text: string) => textOf(expand(text, lookup).value);

// Every case of k8s.io/kubernetes v1.37.2, third_party/forked/golang/expansion/expand_test.go.
test.each([
  ['whole string', '$(VAR_A)', 'A'],
  ['repeat', '$(VAR_A)-$(VAR_A)', 'A-A'],
  ['beginning', '$(VAR_A)-1', 'A-1'],
  ['middle', '___$(VAR_B)___', '___B___'],
  ['end', '___$(VAR_C)', '___C'],
  ['compound', '$(VAR_A)_$(VAR_B)_$(VAR_C)', 'A_B_C'],
  ['escape & expand', '$$(VAR_B)_$(VAR_A)', '$(VAR_B)_A'],
  ['compound escape', '$$(VAR_A)_$$(VAR_B)', '$(VAR_A)_$(VAR_B)'],
  ['mixed in escapes', 'f000-$$VAR_A', 'f000-$VAR_A'],
  ['backslash escape ignored', 'foo\\$(VAR_C)bar', 'foo\\Cbar'],
  ['two backslashes', 'foo\\\\$(VAR_C)bar', 'foo\\\\Cbar'],
  ['lots of backslashes', 'foo\\\\\\\\$(VAR_A)bar', 'foo\\\\\\\\Abar'],
  ['nested var references', '$(VAR_A$(VAR_B))', '$(VAR_A$(VAR_B))'],
  ['nested var references second type', '$(VAR_A$(VAR_B)', '$(VAR_A$(VAR_B)'],
  ['value is a reference', '$(VAR_REF)', '$(VAR_A)'],
  ['value is a reference x 2', '%%$(VAR_REF)--$(VAR_REF)%%', '%%$(VAR_A)--$(VAR_A)%%'],
  ['empty var', 'foo$(VAR_EMPTY)bar', 'foobar'],
  ['unterminated expression', 'foo$(VAR_Awhoops!', 'foo$(VAR_Awhoops!'],
  ['expression without operator', 'f00__(VAR_A)__', 'f00__(VAR_A)__'],
  ['shell special vars pass through', '$?_boo_$!', '$?_boo_$!'],
  ['bare operators are ignored', '$VAR_A', '$VAR_A'],
  ['undefined vars are passed through', '$(VAR_DNE)', '$(VAR_DNE)'],
  ['multiple (even) operators, var undefined', '$$$$$$(BIG_MONEY)', '$$$(BIG_MONEY)'],
  ['multiple (even) operators, var defined', '$$$$$$(VAR_A)', '$$$(VAR_A)'],
  ['multiple (odd) operators, var undefined', '$$$$$$$(GOOD_ODDS)', '$$$$(GOOD_ODDS)'],
  ['multiple (odd) operators, var defined', '$$$$$$$(VAR_A)', '$$$A'],
  ['missing open expression', '$VAR_A)', '$VAR_A)'],
  ['shell syntax ignored', ['$', '{VAR_A}'].join(''), ['$', '{VAR_A}'].join('')],
  ['trailing incomplete expression not consumed', '$(VAR_B)_______$(A', 'B_______$(A'],
  ['trailing incomplete expression, no content, is not consumed', '$(VAR_C)_______$(', 'C_______$('],
  ['operator at end of input string is preserved', '$(VAR_A)foobarzab$', 'Afoobarzab$'],
  ['shell escaped incomplete expr', 'foo-\\$(VAR_A', 'foo-\\$(VAR_A'],
  ['lots of $( in middle', '--$($($($($--', '--$($($($($--'],
  ['lots of $( in beginning', '$($($($($--foo$(', '$($($($($--foo$('],
  ['lots of $( at end', 'foo0--$($($($(', 'foo0--$($($($('],
  ['escaped operators in variable names are not escaped', '$(foo$$var)', '$(foo$$var)'],
  ['newline not expanded', '\n', '\n'],
  ['dollar sign followed by non-ASCII UTF-8 character', '$£FOO', '$£FOO'],
  ['dollar sign followed by multi-byte UTF-8 character in middle', 'prefix-$€-suffix', 'prefix-$€-suffix'],
  ['dollar sign followed by Chinese character', '$中文', '$中文'],
  ['dollar sign followed by a character beyond the first plane', '$😀(VAR_A)$(VAR_A)', '$😀(VAR_A)A'],
  ['no name at all', '$()', '$()'],
  ['nothing', '', ''],
])('%s', (_case, text, result) => {
  expect(expanded(text)).toBe(result);
});

describe('for any text', () => {
  const text = fc.array(fc.constantFrom('$', '(', ')', 'VAR_A', 'x', ' ', '\\', '한')).map((parts) => parts.join(''));

  test('with every dollar doubled it comes out as it went in', () => {
    fc.assert(
      fc.property(text, (t) => {
        expect(expanded(t.replaceAll('$', '$$$$'))).toBe(t);
      }),
    );
  });
  test('without a dollar nothing changes', () => {
    fc.assert(
      fc.property(text, (t) => {
        expect(expanded(t.replaceAll('$', ''))).toBe(t.replaceAll('$', ''));
      }),
    );
  });
  test('a Secret shows nowhere, and the rest of the text does', () => {
    fc.assert(
      fc.property(text, (t) => {
        const {value} = expand(t, (name) => (name === 'VAR_A' ? [{text: 's3cr3t', secret: true}] : undefined));
        expect(shownText(value, false)).not.toContain('s3cr3t');
        expect(shownText(value, false).replaceAll('••••••', 's3cr3t')).toBe(shownText(value, true));
        expect(isSecret(value)).toBe(shownText(value, true).includes('s3cr3t'));
      }),
    );
  });
});

test('a reference that nothing answers is named', () => {
  expect(expand('$(NOPE) $(VAR_A) $$(ESCAPED) $(NOPE)', lookup).unresolved).toEqual(['NOPE', 'NOPE']);
});

test('what is not known makes the whole not known, and shows what it is', () => {
  const {value} = expand('http://$(POD_IP):80', () => [{unknown: 'status.podIP'}]);
  expect([textOf(value), shownText(value, false)]).toEqual([undefined, 'http://<status.podIP>:80']);
});
