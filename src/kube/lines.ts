const LINE_FEED = 0x0a;

/** A line that grew beyond what is taken. */
export class LineTooLong extends Error {
  override readonly name = 'LineTooLong';
}

/**
 * Cuts a stream of bytes into lines; what a chunk leaves unfinished waits for the next. Empty lines are left out. Throws `LineTooLong` where a
 * line grows beyond `maxBytes`.
 */
export function createLineSplitter(maxBytes: number, onLine: (line: string) => void): (chunk: Buffer) => void {
  let unfinished: Buffer[] = [];
  let unfinishedBytes = 0;

  return (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      let line = chunk.toString('utf8', start, end);
      if (unfinishedBytes > 0) {
        line = Buffer.concat([...unfinished, chunk.subarray(start, end)]).toString('utf8');
        [unfinished, unfinishedBytes] = [[], 0];
      }
      start = end + 1;
      if (line !== '') onLine(line);
    }
    if (start < chunk.length) {
      unfinished.push(chunk.subarray(start));
      unfinishedBytes += chunk.length - start;
      if (unfinishedBytes > maxBytes) throw new LineTooLong(`a line of more than ${maxBytes} bytes`);
    }
  };
}
