/** A piece of a value. A Secret's is told from the rest, so that it can be masked wherever it ends up. */
export type Piece =
  | {
      readonly text: string;
      readonly secret: boolean;
      /** Some of it is no UTF-8, which a variable may hold and a word of a command line may not. */
      readonly broken?: boolean;
    }
  /** What only a node or a running pod can tell: `status.podIP`, a ConfigMap that is in no file. */
  | {readonly unknown: string};

export type Value = readonly Piece[];

export interface Expansion {
  readonly value: Value;
  /** References that nothing answers, in their order: they stay as they are written. */
  readonly unresolved: readonly string[];
}

/**
 * What the kubelet makes of `$(VAR)` in a variable's value, a command or an argument: `$$` is a dollar, a reference that `lookup` does not
 * know stays as it is, and what a reference stands for is not expanded again. Source: k8s.io/kubernetes,
 * third_party/forked/golang/expansion/expand.go.
 */
export function expand(text: string, lookup: (name: string) => Value | undefined): Expansion {
  const value: Piece[] = [];
  const unresolved: string[] = [];
  for (const part of partsOf(text)) {
    const found = typeof part === 'string' ? plain(part) : lookup(part.reference);
    if (typeof part !== 'string' && found === undefined) unresolved.push(part.reference);
    value.push(...(found ?? plain(typeof part === 'string' ? part : `$(${part.reference})`)));
  }
  return {value: joined(value), unresolved};
}

export const plain = (text: string): Value => [{text, secret: false}];

type Part = string | {readonly reference: string};

function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let literal = '';
  for (let i = 0; i < text.length; ) {
    const next = text[i] === '$' ? text[i + 1] : undefined;
    const end = next === '(' ? text.indexOf(')', i + 2) : -1;
    if (end !== -1) {
      parts.push(literal, {reference: text.slice(i + 2, end)});
      literal = '';
      i = end + 1;
    } else {
      literal += next === '$' ? '$' : text.slice(i, i + (next === undefined ? 1 : 2));
      i += next === undefined ? 1 : 2;
    }
  }
  return [...parts, literal].filter((part) => part !== '');
}

/** Neighbours of one sort are one piece. */
function joined(pieces: readonly Piece[]): Value {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (last && 'text' in last && 'text' in piece && last.secret === piece.secret && last.broken === piece.broken)
      result[result.length - 1] = {...last, text: last.text + piece.text};
    else result.push(piece);
  }
  return result;
}

/** What stands for a Secret's value where it is not to be seen. It does not tell how long that is. */
export const MASK = '••••••';

export const isSecret = (value: Value): boolean => value.some((piece) => 'text' in piece && piece.secret);
export const isBroken = (value: Value): boolean => value.some((piece) => 'text' in piece && piece.broken);
export const isKnown = (value: Value): boolean => value.every((piece) => 'text' in piece);

/** The whole text, Secrets and all; undefined where a part of it is not known. */
export const textOf = (value: Value): string | undefined =>
  isKnown(value) ? value.map((piece) => ('text' in piece ? piece.text : '')).join('') : undefined;

/** For people: masked unless `reveal`, and `<status.podIP>` for what is not known. */
export const shownText = (value: Value, reveal: boolean): string =>
  value.map((piece) => ('text' in piece ? (piece.secret && !reveal ? MASK : piece.text) : `<${piece.unknown}>`)).join('');
