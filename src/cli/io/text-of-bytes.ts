/** In latin1, which has one unit for each byte: a character of UTF-8 beyond ASCII, or else a byte that belongs to none. */
const CHARACTER_OR_BYTE =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|[\x80-\xff]/g;
/** U+DC80 stands for the byte 0x80, and so on up to U+DCFF */
const ESCAPE = 0xdc00;

/**
 * The contract's text for any bytes: UTF-8 as it is, and each byte that is none as a lone surrogate, which no UTF-8 has.
 * Nothing is lost: src/core/text-bytes.ts gives the same bytes back.
 */
export function textOfBytes(bytes: Buffer): string {
  return bytes.toString('latin1').replace(CHARACTER_OR_BYTE, (found) => {
    if (found.length === 1) return String.fromCharCode(ESCAPE + found.charCodeAt(0));
    return Buffer.from(found, 'latin1').toString('utf8');
  });
}
