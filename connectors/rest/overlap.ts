/**
 * What precedes the body of a page whose first record is the last one of the page before. JSON never begins with it
 * (RFC 8259, 2), so that it cannot be part of an answer.
 */
export const OVERLAP = Buffer.from([0x1e]);

export const overlaps = (body: Buffer): boolean => body[0] === OVERLAP[0];

export const withoutMark = (body: Buffer): Buffer => (overlaps(body) ? body.subarray(OVERLAP.length) : body);
