const MAX_SHOWN = 200;

/** A name of an archive for a message: one line, no control characters, at most 200 bytes of it. */
export function printableBytes(bytes: Buffer): string {
  const shown = bytes.length > MAX_SHOWN ? bytes.subarray(0, MAX_SHOWN) : bytes;
  // \p{C}: control, format and unassigned characters, among them those that turn the direction of writing
  const text = shown.toString('utf8').replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  return shown === bytes ? text : `${text}…`;
}
