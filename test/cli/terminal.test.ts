import {PassThrough} from 'node:stream';
import {describe, expect, test} from 'vitest';
import {isInteractive, wantsColour} from '../../src/cli/terminal.ts';

const stream = (isTTY: boolean, columns?: number) =>
  Object.assign(new PassThrough(), {isTTY, ...(columns !== undefined && {columns})});

describe('what a stream is good for', () => {
  test.each([
    ['a terminal', stream(true, 80), {}, {redraw: true, colour: true}],
    ['a terminal that does not know its size', stream(true, 0), {}, {redraw: false, colour: true}],
    ['a pipe', stream(false), {}, {redraw: false, colour: false}],
    ['a terminal in CI', stream(true, 80), {CI: 'true'}, {redraw: false, colour: false}],
    ['a dumb terminal', stream(true, 80), {TERM: 'dumb'}, {redraw: false, colour: false}],
    ['a terminal without colours', stream(true, 80), {NO_COLOR: '1'}, {redraw: true, colour: false}],
    ['a pipe that is to have colours', stream(false), {FORCE_COLOR: '1'}, {redraw: false, colour: true}],
  ])('%s', (_case, output, env, expected) => {
    expect({redraw: isInteractive(output, env), colour: wantsColour(output, env, false)}).toEqual(expected);
  });
});
