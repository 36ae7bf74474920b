/** Crockford's base 32 in lower case: its order is the order of the values, and no two letters look alike. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** 2024-01-01T00:00:00Z, `s`: with it six digits of seconds last until 2058 */
const EPOCH_SECONDS = 1_704_067_200;
const HALF = 6;

/**
 * `vm_2n5cq81f7e0k`: six characters of time (`s`), six of chance. Ids of later seconds sort after earlier ones, and
 * the first four or five characters mostly tell ids apart.
 */
export function newId(
  prefix: 'op' | 'vm' | 'img' | 'krn' | 'tpl' | 'snp' | 'ses' | 'res',
  now: number = Date.now(),
): string {
  const seconds = Math.floor(now / 1000) - EPOCH_SECONDS;
  const time = Array.from(
    { length: HALF },
    (_, at) => ALPHABET[Math.floor(seconds / 32 ** (HALF - 1 - at)) & 31],
  );
  const chance = Array.from(crypto.getRandomValues(new Uint8Array(HALF)), (byte) => ALPHABET[byte & 31]);
  return `${prefix}_${time.join('')}${chance.join('')}`;
}
