import {EventEmitter} from 'node:events';
import type {ReadStream} from 'node:tty';
import {expect, test} from 'vitest';
import {silenceKeyboard} from '../../src/cli/keyboard.ts';

/** A terminal's input that notes how it is set. */
class Keyboard extends EventEmitter {
  isTTY: boolean;
  isRaw = false;
  isPaused = true;
  constructor(isTTY = true) {
    super();
    this.isTTY = isTTY;
  }
  setRawMode(raw: boolean): this {
    this.isRaw = raw;
    return this;
  }
  resume(): this {
    this.isPaused = false;
    return this;
  }
  pause(): this {
    this.isPaused = true;
    return this;
  }
}

function silenced(keyboard = new Keyboard()) {
  const signals: string[] = [];
  const calls: string[] = [];
  const restore = silenceKeyboard(
    keyboard as unknown as ReadStream,
    {stopping: () => calls.push('stopping'), resumed: () => calls.push('resumed')},
    (signal) => signals.push(signal),
  );
  return {keyboard, signals, restore, calls};
}

test('what is typed is not shown; Ctrl-C still interrupts', () => {
  const {keyboard, signals, restore} = silenced();
  expect(keyboard).toMatchObject({isRaw: true, isPaused: false});
  keyboard.emit('data', Buffer.from('abc\r'));
  expect(signals).toEqual([]);
  keyboard.emit('data', Buffer.from('x\x03'));
  expect(signals).toEqual(['SIGINT']);
  restore();
  expect(keyboard).toMatchObject({isRaw: false, isPaused: true});
  expect(keyboard.listenerCount('data')).toBe(0);
});

test('Ctrl-Z stops it with the terminal as it was; back in the foreground it is silent again', () => {
  const {keyboard, signals, restore, calls} = silenced();
  keyboard.emit('data', '\x1a');
  expect(signals).toEqual(['SIGTSTP']);
  expect(keyboard.isRaw).toBe(false);
  process.emit('SIGCONT', 'SIGCONT');
  expect({raw: keyboard.isRaw, calls}).toEqual({raw: true, calls: ['stopping', 'resumed']});
  restore();
  process.emit('SIGCONT', 'SIGCONT');
  expect(calls).toHaveLength(2);
});

test('input that is no terminal is left alone', () => {
  const {keyboard, restore} = silenced(new Keyboard(false));
  expect(keyboard).toMatchObject({isRaw: false, isPaused: true});
  restore();
});
