/** One step of a change that a person waits for. */
export interface Step {
  readonly title: string;
  /** `detail` says how it goes ("3 of 5"); its last text stays behind the title. Rejects where the change must stop. */
  run(detail: (text: string) => void): Promise<void>;
}

/** Shows how a change of several steps goes. Operations take one, so that none of them knows a terminal. */
export interface Progress {
  /** One after another; rejects with what the step that failed threw, and starts none after it. */
  run(steps: readonly Step[]): Promise<void>;
}
