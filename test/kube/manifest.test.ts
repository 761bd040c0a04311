import {expect, test} from 'vitest';
import {parseManifest} from '../../src/kube/manifest.ts';

const parse = (text: string) => parseManifest(text, 'a.yaml', 'name another').objects.map(({value}) => value);

/** What `kubectl label --local -o json` of 1.37 makes of it. */
test.each([
  ['[yes, Yes, YES, yEs, on, On, y, Y]', [true, true, true, 'yEs', true, true, true, true]],
  ['[no, off, OFF, n, N, false]', [false, false, false, false, false, false]],
  ['[null, Null, ~, nULL]', [null, null, null, 'nULL']],
  ['[0644, 0o644, 0x1F, -0x10, 0b11, +12, 1_000, 08]', [420, 420, 31, -16, 3, 12, 1000, 8]],
  ['[1e3, 1.50, .5, 5., 1_0.5, 0644.5]', [1000, 1.5, 0.5, 5, 10.5, 644.5]],
  ['["0x", 0x_, 0b2, 0o8, ._1]', ['0x', '0x_', '0b2', '0o8', '._1']],
  [
    '[12:30:45, 2024-01-01, 2001-12-14 21:59:43.10 -5, =, <<]',
    ['12:30:45', '2024-01-01', '2001-12-14 21:59:43.10 -5', '=', '<<'],
  ],
  [
    '[!!str yes, !!bool "yes", !!float 3, !!binary aGk=, !foo bar, !!timestamp 2001-01-01]',
    ['yes', true, 3, 'hi', 'bar', '2001-01-01'],
  ],
  ['[!!set {a, b}, !!omap [a: 1]]', [{a: null, b: null}, [{a: 1}]]],
  ['{on: 1, no: 2, 1: 3, 0x10: 4, 1.5: 5}', {true: 1, false: 2, 1: 3, 16: 4, 1.5: 5}],
  ['{a: &a {p: 1, q: 2}, b: {<<: *a, p: 3}}', {a: {p: 1, q: 2}, b: {p: 3, q: 2}}],
  ['{a: &a {p: 1, q: 2}, b: {p: 3, <<: *a}}', {a: {p: 1, q: 2}, b: {p: 1, q: 2}}],
  ['{<<: [{p: 1}, {p: 2, q: 2}], r: 3}', {p: 1, q: 2, r: 3}],
  ['{<<: {p: 1}, <<: {q: 2}}', {p: 1, q: 2}],
  ['{"<<": {p: 1}, q: 2}', {'<<': {p: 1}, q: 2}],
])('a manifest is read as kubectl reads it: %s', (text, value) => {
  expect(parse(`v: ${text}\n`)).toEqual([{v: value}]);
  expect(parse(`%YAML 1.2\n---\nv: ${text}\n`)).toEqual([{v: value}]);
});

test.each(['<<: 3', '<<: [x]', '<<: [{a: b}, 3]'])('what cannot be merged is refused as kubectl refuses it: %s', (pair) => {
  expect(() => parse(`a: b\nv: {${pair}}\n`)).toThrow('a.yaml:2:9: a merge key (<<) takes a mapping or a list of mappings');
});

test('the items of a List are read where an alias stands for them', () => {
  expect(parse('kind: List\nx: [&a {kind: Pod}]\nitems: [*a, {kind: Job}]\n')).toEqual([{kind: 'Pod'}, {kind: 'Job'}]);
  expect(parse('kind: List\nx: &a [{kind: Pod}]\nitems: *a\n')).toEqual([{kind: 'Pod'}]);
});
