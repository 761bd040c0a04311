import {Ansis} from 'ansis';

/** Colour by meaning. Everything stays readable where every function is the identity. */
export interface Theme {
  readonly good: (text: string) => string;
  readonly waiting: (text: string) => string;
  readonly wrong: (text: string) => string;
  /** Context that the eye may skip. */
  readonly dim: (text: string) => string;
  readonly strong: (text: string) => string;
}

/** All that a view may know of where it is shown. */
export interface Screen {
  readonly theme: Theme;
  /** Columns. Where the output is not a terminal: 80 or what COLUMNS says. */
  readonly width: number;
  /** Milliseconds since the epoch: what ages are counted from. */
  readonly now: number;
}

export function createTheme(colour: boolean): Theme {
  const ansi = new Ansis(colour ? 1 : 0);
  return {
    good: (t) => ansi.green(t),
    waiting: (t) => ansi.yellow(t),
    wrong: (t) => ansi.red(t),
    dim: (t) => ansi.dim(t),
    strong: (t) => ansi.bold(t),
  };
}
