const KEPT_STDERR = 16 * 1024;

interface Limits {
  /** Takes standard output piece by piece instead of it being kept. */
  readonly onData: ((chunk: Buffer) => void | Promise<void>) | undefined;
  /** Of standard output, where it is kept. */
  readonly maxBytes: number;
  /** What standard error says once the script has begun. */
  readonly sign: string;
}

/** What a script writes, within bounds. */
export class Output {
  readonly #limits: Limits;
  #stdout: Buffer[] = [];
  #bytes = 0;
  #stderr = Buffer.alloc(0);
  /** Whether the sign was seen. */
  begun = false;
  /** What `onData` failed with. */
  failure: {readonly error: unknown} | undefined;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** False once that is more than is to be kept. A promise is to be waited for before the next piece; no more are wanted where it rejects. */
  readonly onStdout = (chunk: Buffer): boolean | Promise<void> => {
    const {onData, maxBytes} = this.#limits;
    if (onData) return this.#handOn(onData, chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > maxBytes) return false;
    this.#stdout.push(chunk);
    return true;
  };

  async #handOn(onData: NonNullable<Limits['onData']>, chunk: Buffer): Promise<void> {
    try {
      await onData(chunk);
    } catch (error) {
      this.failure ??= {error};
      throw error;
    }
  }

  readonly onStderr = (chunk: Buffer): void => {
    const text = Buffer.concat([this.#stderr, chunk]);
    this.begun ||= text.includes(this.#limits.sign);
    this.#stderr = text.subarray(-KEPT_STDERR);
  };

  get stdout(): Buffer {
    return Buffer.concat(this.#stdout);
  }

  /** At most the last 16 KiB. */
  get stderr(): string {
    return this.#stderr.toString('utf8');
  }
}
