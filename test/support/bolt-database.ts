/**
 * A file that begins as bbolt's do, with this behind its two first pages. `before`: how many pages it had one transaction earlier.
 */
export function boltDatabase(content: Buffer, pageSize = 4096, {before}: {before?: number} = {}): Buffer {
  const pages = 2 + Math.ceil(content.length / pageSize);
  const meta = (transaction: number, length: number) => {
    const page = Buffer.alloc(pageSize);
    page.writeUInt32LE(0xed0cdaed, 16);
    page.writeUInt32LE(2, 20);
    page.writeUInt32LE(pageSize, 24);
    page.writeBigUInt64LE(BigInt(length), 56);
    page.writeBigUInt64LE(BigInt(transaction), 64);
    return page;
  };
  const rest = Buffer.alloc((pages - 2) * pageSize);
  content.copy(rest);
  return Buffer.concat([meta(4, before ?? pages), meta(5, pages), rest]);
}
