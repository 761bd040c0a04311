import type {WriteStream} from 'node:tty';
import {createLogUpdate} from 'log-update';
import {textWidth} from '../text/width.ts';

/** What a frame must fit: columns, and rows that it may fill. */
export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

/** A part of the terminal, at its end, that is drawn over and over. */
export interface Live {
  /** Draws at once, or, where the last frame is younger than the throttle, as soon as it is not. */
  draw(): void;
  /** Leaves the last frame as it is and gives the cursor back, until the next drawing, which begins below. */
  release(): void;
  /** Gives the cursor back. The last frame goes, or stays as it is. */
  end(frame: 'clear' | 'keep'): void;
}

/** A frame younger than this is not drawn over: nobody reads faster. */
const THROTTLE_MS = 200;

/** `render` makes the frame of the moment; it is called only when it will be drawn. */
export function createLive(stream: WriteStream, render: (size: FrameSize) => string): Live {
  const log = createLogUpdate(stream);
  let frame = '';
  let drawnAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  const drawNow = () => {
    clearTimeout(timer);
    timer = undefined;
    drawnAt = performance.now();
    frame = render({columns: stream.columns, rows: Math.max(1, stream.rows - 1)}); // the cursor stands on a line of its own
    log(frame);
  };
  const resized = () => {
    if (frame === '') return;
    // A terminal that gets narrower breaks the lines that are there: more of them to go over than were written.
    stream.write(`\x1b[${heightAt(frame, stream.columns)}A\r\x1b[J`);
    log.done();
    drawNow();
  };
  stream.on('resize', resized);

  return {
    draw() {
      const wait = drawnAt + THROTTLE_MS - performance.now();
      if (wait <= 0) drawNow();
      else timer ??= setTimeout(drawNow, wait);
    },
    release() {
      clearTimeout(timer);
      timer = undefined;
      frame = '';
      log.done();
    },
    end(last) {
      clearTimeout(timer);
      stream.off('resize', resized);
      if (last === 'keep') drawNow();
      else log.clear();
      log.done();
    },
  };
}

/** Rows that text takes on a terminal that breaks what is longer than its columns. */
export const heightAt = (text: string, columns: number): number =>
  text.split('\n').reduce((rows, line) => rows + Math.max(1, Math.ceil(textWidth(line) / columns)), 0);
