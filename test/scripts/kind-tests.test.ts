import {expect, test} from 'vitest';
import {kindTests} from '../support/kind-tests.ts';

const nothingMissing = async () => undefined;
const noEngine = async () => 'no Docker engine answers';

test('tests on kind run where an engine answers and kind is there', async () => {
  expect(await kindTests({}, nothingMissing)).toEqual({run: true});
});

test('elsewhere they do not, and say why', async () => {
  expect(await kindTests({}, noEngine)).toEqual({run: false, why: 'no Docker engine answers'});
});

test('KOPS_TEST_KIND=require runs them all the same: their setup then fails', async () => {
  expect(await kindTests({KOPS_TEST_KIND: 'require'}, noEngine)).toEqual({run: true});
});

test('KOPS_TEST_KIND=skip leaves them out', async () => {
  expect(await kindTests({KOPS_TEST_KIND: 'skip'}, nothingMissing)).toEqual({run: false, why: 'KOPS_TEST_KIND=skip'});
});
