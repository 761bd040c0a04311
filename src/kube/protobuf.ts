/** One field of a protobuf message as it travels. Source: https://protobuf.dev/programming-guides/encoding */
export interface WireField {
  readonly number: number;
  /** Of a varint or a fixed one; undefined for `bytes`. Beyond 2^53 it is not exact. */
  readonly value: number | undefined;
  /** The content of a string, of bytes, or of a message within: where it lies in the whole. */
  readonly start: number;
  readonly end: number;
}

/** The fields of the message between two offsets, in their order; undefined where the bytes are no message. */
export function readFields(bytes: Buffer, start = 0, end = bytes.length): WireField[] | undefined {
  const fields: WireField[] = [];
  let at = start;
  while (at < end) {
    const tag = readVarint(bytes, at, end);
    if (tag === undefined) return undefined;
    const number = Math.floor(tag.value / 8);
    if (number === 0) return undefined;
    at = tag.next;
    const field = readValue(tag.value % 8);
    if (field === undefined) return undefined;
    fields.push({number, ...field});
    at = field.end;
  }
  return fields;

  function readValue(wireType: number): Omit<WireField, 'number'> | undefined {
    if (wireType === 0) {
      const varint = readVarint(bytes, at, end);
      return varint && {value: varint.value, start: at, end: varint.next};
    }
    if (wireType === 1 || wireType === 5) {
      const size = wireType === 1 ? 8 : 4;
      if (at + size > end) return undefined;
      const value = size === 8 ? Number(bytes.readBigUInt64LE(at)) : bytes.readUInt32LE(at);
      return {value, start: at, end: at + size};
    }
    if (wireType !== 2) return undefined;
    const length = readVarint(bytes, at, end);
    if (length === undefined || length.next + length.value > end) return undefined;
    return {value: undefined, start: length.next, end: length.next + length.value};
  }
}

interface Varint {
  readonly value: number;
  /** Where the next thing begins. */
  readonly next: number;
}

function readVarint(bytes: Buffer, start: number, end: number): Varint | undefined {
  let value = 0;
  for (let at = start, factor = 1; at < end && at < start + 10; at++, factor *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return {value, next: at + 1};
  }
  return undefined;
}
