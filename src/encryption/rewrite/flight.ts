/** How many bytes of objects are on their way, so that large ones are never too many in memory. */
export interface Flight {
  /**
   * Resolves when there is room for so many; at once where nothing is on its way, however large it is. Rejects with the signal's reason when
   * that aborts. One caller at a time.
   */
  board(bytes: number): Promise<void>;
  land(bytes: number): void;
}

export function createFlight(most: number, signal: AbortSignal): Flight {
  let bytes = 0;
  let landed = () => {};
  signal.addEventListener('abort', () => landed(), {once: true});
  return {
    async board(more) {
      signal.throwIfAborted();
      while (bytes > 0 && bytes + more > most) {
        await new Promise<void>((resolve) => (landed = resolve));
        signal.throwIfAborted();
      }
      bytes += more;
    },
    land(less) {
      bytes -= less;
      landed();
    },
  };
}
