/** How many bytes of objects are on their way, so that large ones are never too many in memory. */
export interface Flight {
  /** Resolves when there is room for so many; at once where nothing is on its way, however large it is. One caller at a time. */
  board(bytes: number): Promise<void>;
  land(bytes: number): void;
}

export function createFlight(most: number): Flight {
  let bytes = 0;
  let landed = () => {};
  return {
    async board(more) {
      while (bytes > 0 && bytes + more > most) await new Promise<void>((resolve) => (landed = resolve));
      bytes += more;
    },
    land(less) {
      bytes -= less;
      landed();
    },
  };
}
