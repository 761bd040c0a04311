/** What is defined where a literal value is read. */
export interface Situation {
  /** Names that env defines from here on, this one among them. */
  readonly later: readonly string[];
  isKnown(name: string): boolean;
  /** Whether something could not be looked at, which may define more. */
  readonly isUnsure: boolean;
}

const SHELL_VARIABLE = /(?<![$\\])\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g;

/** What is likely not meant in a literal value: references that stay as they are, and those of a shell, which there is none of. */
export function literalWarnings(name: string, text: string, unresolved: readonly string[], situation: Situation): string[] {
  const shell = [...text.matchAll(SHELL_VARIABLE)].flatMap(([, braced, bare]) => braced ?? bare ?? []);
  return [
    ...[...new Set(unresolved)].map((reference) => unresolvedWarning(name, reference, situation)),
    ...[...new Set(shell)]
      .filter((variable) => situation.isKnown(variable))
      .map((variable) => `no shell reads it: write $(${variable}) for the value of ${variable}`),
  ];
}

function unresolvedWarning(name: string, reference: string, {later, isUnsure}: Situation): string {
  if (reference === name) return `${name} is not defined before this: stays literal (the image's own variables do not count)`;
  if (later.includes(reference)) return `${reference} is defined later: stays literal`;
  return `nothing known defines ${reference}: stays literal${isUnsure ? ', unless what could not be looked at does' : ''}`;
}
