import {EventEmitter} from 'node:events';
import type {WriteStream} from 'node:tty';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {createLive, heightAt} from '../../src/cli/live.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A terminal that keeps what is written to it. */
class Terminal extends EventEmitter {
  readonly isTTY = true;
  columns = 80;
  rows = 24;
  written = '';
  write(text: string): boolean {
    this.written += text;
    return true;
  }
  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.emit('resize');
  }
}

function live(render: (count: number, size: {columns: number; rows: number}) => string) {
  const terminal = new Terminal();
  let frames = 0;
  const region = createLive(terminal as unknown as WriteStream, (size) => render(++frames, size));
  return {terminal, region, frames: () => frames};
}

test('the first frame is drawn at once, the next ones at most every 200 ms', () => {
  const {region, frames, terminal} = live((count) => `frame ${count}`);
  region.draw();
  expect(terminal.written).toContain('frame 1');
  for (let i = 0; i < 50; i++) region.draw();
  expect(frames()).toBe(1);
  vi.advanceTimersByTime(199);
  expect(frames()).toBe(1);
  vi.advanceTimersByTime(1);
  expect(frames()).toBe(2);
  vi.advanceTimersByTime(1000);
  expect(frames()).toBe(2);
});

test('a frame may fill all rows but the one the cursor is on', () => {
  const sizes: unknown[] = [];
  const {region} = live((_count, size) => {
    sizes.push(size);
    return 'x';
  });
  region.draw();
  expect(sizes).toEqual([{columns: 80, rows: 23}]);
});

test('a terminal that gets narrower is cleaned of the lines that it broke', () => {
  const {region, terminal} = live((_count, {columns}) => 'x'.repeat(columns));
  region.draw();
  terminal.written = '';
  terminal.resize(30, 24);
  expect(terminal.written).toContain('\x1b[3A\r\x1b[J'); // 80 columns became three lines
  expect(terminal.written).toContain('x'.repeat(30));
});

test('at the end the frame goes or stays, and nothing is drawn any more', () => {
  for (const last of ['clear', 'keep'] as const) {
    const {region, terminal, frames} = live((count) => `frame ${count}`);
    region.draw();
    region.draw();
    terminal.written = '';
    region.end(last);
    expect(terminal.written.includes('frame 2')).toBe(last === 'keep');
    const drawn = frames();
    vi.advanceTimersByTime(1000);
    terminal.resize(30, 10);
    expect(frames()).toBe(drawn);
  }
});

test('after a release the next frame begins below the last one', () => {
  const {region, terminal} = live((count) => `frame ${count}`);
  region.draw();
  region.release();
  terminal.written = '';
  vi.advanceTimersByTime(1000);
  region.draw();
  expect(terminal.written).toContain('frame 2');
  for (const upOrErase of ['\x1b[1A', '\x1b[2K']) expect(terminal.written).not.toContain(upOrErase);
});

test.each([
  ['one line', 'x', 10, 1],
  ['an empty line is a line', 'x\n\nx', 10, 3],
  ['a line that just fits', 'x'.repeat(10), 10, 1],
  ['one that does not', 'x'.repeat(11), 10, 2],
  ['colours take no room', `\x1b[31m${'x'.repeat(10)}\x1b[39m`, 10, 1],
])('the height of a text: %s', (_case, text, columns, height) => {
  expect(heightAt(text, columns)).toBe(height);
});
