/** `bytes` that no UTF-8 text has, each as the contract writes it: U+DC80 for 0x80 up to U+DCFF for 0xff */
const ESCAPED_BYTES = /([\udc80-\udcff]+)/u;
/** half of a character, and no byte either */
const BROKEN_HALF = /[\u{d800}-\u{dc7f}\u{dd00}-\u{dfff}]/u;

/**
 * The bytes of a text in which those that are no UTF-8 are written as lone surrogates, as Python's surrogateescape does
 * it: what a guest's shell gets for a line, and a file for its content.
 */
export function bytesOfText(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  const parts = text.split(ESCAPED_BYTES);
  // latin1 keeps the low half of each unit, which is the byte
  return Buffer.concat(parts.map((part, at) => Buffer.from(part, at % 2 === 1 ? 'latin1' : 'utf8')));
}

/** Whether the text stands for bytes: it has no half of a character other than those that are a byte. */
export function standsForBytes(text: string): boolean {
  return !BROKEN_HALF.test(text);
}
