import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';

/** Bytes of bodies, and requests, after which what nobody uses any more is thrown away. */
const BYTES = 8 * 1024 * 1024;
const REQUESTS = 500;

/**
 * Counts what is read and written, and collects garbage now and then. V8 by itself waits for 64 MB of it outside its heap, whatever little
 * there is in it, so that a page of large Secrets after the other would triple the memory of the whole program.
 */
export function createTidying(): (bytes: number) => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let [bytes, requests] = [0, 0];
  return (more) => {
    bytes += more;
    requests++;
    if (bytes < BYTES && requests < REQUESTS) return;
    [bytes, requests] = [0, 0];
    collect();
  };
}
