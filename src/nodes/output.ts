const KEPT_STDERR = 16 * 1024;

interface Limits {
  /** Takes standard output piece by piece instead of it being kept. */
  readonly onData: ((chunk: Buffer) => void) | undefined;
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

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** False once that is more than is to be kept. */
  readonly onStdout = (chunk: Buffer): boolean => {
    const {onData, maxBytes} = this.#limits;
    if (onData) {
      onData(chunk);
      return true;
    }
    this.#bytes += chunk.length;
    if (this.#bytes > maxBytes) return false;
    this.#stdout.push(chunk);
    return true;
  };

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
