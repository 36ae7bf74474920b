/** `bytes` of the end of output that are looked at: a sequence that is longer is not waited for */
export const TAIL_BYTES = 4096;

/**
 * Escape sequences that have begun and not ended, at the end: ECMA-48's control sequences (ESC [), strings (ESC ] P X ^ _,
 * up to BEL or ESC \), and the short ones.
 */
const SEQUENCE = new RegExp(String.raw`\u001b(?:\[[0-?]*[ -/]*|[\]PX^_][^\u0007\u001b]*\u001b?|[ -/]*)$`);

/** What a terminal keeps to itself at the end of these bytes, since more has to come: half a character, half a sequence. */
export function unfinished(bytes: Buffer): Buffer {
  const tail = bytes.subarray(-TAIL_BYTES);
  const sequence = SEQUENCE.exec(tail.toString('latin1'));
  return sequence === null ? halfCharacter(tail) : tail.subarray(sequence.index);
}

/** Of UTF-8. */
function halfCharacter(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >> 6 === 0b10) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.subarray(-back) : Buffer.alloc(0);
  }
  return Buffer.alloc(0);
}
