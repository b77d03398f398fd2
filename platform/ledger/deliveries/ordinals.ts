/** Positions of records in their batch, four bytes each. */
export function packOrdinals(ordinals: readonly number[]): Buffer {
  const packed = Int32Array.from(ordinals);
  return Buffer.from(packed.buffer);
}

export function unpackOrdinals(packed: Buffer | null): number[] {
  if (packed === null) return [];
  return Array.from({ length: packed.length / 4 }, (_, index) => packed.readInt32LE(index * 4));
}
