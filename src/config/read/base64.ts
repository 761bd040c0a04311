/** The bytes of standard base64 as the API takes it: line breaks are passed over, padding is a must. Undefined where a text is none. */
export function fromBase64(text: string): Buffer | undefined {
  const packed = text.replaceAll(/[\r\n]/g, '');
  return packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed) ? Buffer.from(packed, 'base64') : undefined;
}

/** The text of UTF-8 bytes (a byte order mark kept), or undefined where they are not UTF-8 or hold a NUL. */
export function asText(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);
  } catch {
    return undefined;
  }
}

/** So short a text is base64 by chance. */
const SHORTEST = 8;

/** What a text that was encoded once too often is behind that. Undefined where it is not base64 of something that can be read. */
export function encodedTwice(text: string): string | undefined {
  const packed = text.trim();
  if (packed.length < SHORTEST || /[^A-Za-z0-9+/=\r\n]/.test(packed)) return undefined;
  const inner = fromBase64(packed);
  const read = inner && asText(inner);
  return read && !/[^\P{C}\n\r\t]/u.test(read) ? read : undefined;
}
