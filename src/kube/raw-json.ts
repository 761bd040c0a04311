/** Where a value lies in a text in JSON: from its first byte to behind its last one. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * The members of the object that begins at `start`, by name; of two with one name the last. Nothing is decoded, so that what is copied by its
 * span keeps numbers of any size, unknown fields and their order. Throws where the text ends too early; what is no JSON otherwise may pass.
 */
export function membersOf(json: Buffer, {start}: Pick<Span, 'start'>): Map<string, Span> {
  const members = new Map<string, Span>();
  let at = expectByte(json, skipSpace(json, start), OPEN_BRACE);
  for (;;) {
    at = skipSpace(json, at);
    if (json[at] === CLOSE_BRACE) return members;
    if (json[at] === COMMA) at = skipSpace(json, at + 1);
    const name = spanAt(json, at);
    const value = spanAt(json, skipSpace(json, expectByte(json, skipSpace(json, name.end), COLON)));
    members.set(JSON.parse(textOf(json, name)) as string, value);
    at = value.end;
  }
}

/** The elements of the array that begins at `start`; see `membersOf`. */
export function elementsOf(json: Buffer, {start}: Pick<Span, 'start'>): Span[] {
  const elements: Span[] = [];
  let at = expectByte(json, skipSpace(json, start), OPEN_BRACKET);
  for (;;) {
    at = skipSpace(json, at);
    if (json[at] === CLOSE_BRACKET) return elements;
    if (json[at] === COMMA) at = skipSpace(json, at + 1);
    const element = spanAt(json, at);
    elements.push(element);
    at = element.end;
  }
}

export const textOf = (json: Buffer, {start, end}: Span): string => json.toString('utf8', start, end);

/** The value that begins at `start`, where no white space is. Bytes above ASCII stand only within strings. */
function spanAt(json: Buffer, start: number): Span {
  const first = json[start];
  if (first === QUOTE) return {start, end: endOfString(json, start)};
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return {start, end: endOfScalar(json, start)};
  let depth = 0;
  for (let at = start; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfString(json, at) - 1;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return {start, end: at + 1};
  }
  throw new SyntaxError('the JSON ends within a value');
}

/** A quote ends a string unless an odd number of backslashes stands before it. */
function endOfString(json: Buffer, start: number): number {
  for (let quote = json.indexOf(QUOTE, start + 1); quote !== -1; quote = json.indexOf(QUOTE, quote + 1)) {
    let backslashes = 0;
    while (json[quote - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  throw new SyntaxError('the JSON ends within a string');
}

function endOfScalar(json: Buffer, start: number): number {
  let at = start;
  while (at < json.length && !endsScalar(json[at] ?? 0)) at++;
  if (at === start) throw new SyntaxError('the JSON has no value where one should be');
  return at;
}

const endsScalar = (byte: number): boolean => byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || isSpace(byte);

function skipSpace(json: Buffer, start: number): number {
  let at = start;
  while (isSpace(json[at] ?? 0)) at++;
  return at;
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

function expectByte(json: Buffer, at: number, byte: number): number {
  if (json[at] !== byte) throw new SyntaxError('the JSON is not of the expected form');
  return at + 1;
}
