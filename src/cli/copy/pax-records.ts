import { CopyRefusedError } from './copy.errors.js';

/** What GNU tar writes when told as banger tells it; anything else could change what a reader makes of the archive. */
const KNOWN = new Set([
  'path',
  'linkpath',
  'size',
  'mtime',
  'GNU.sparse.major',
  'GNU.sparse.minor',
  'GNU.sparse.name',
  'GNU.sparse.realsize',
]);

/** What a header of type `x` says of the member after it: `LENGTH KEY=VALUE\n`…, bytes in latin1. @throws CopyRefusedError */
export function readPaxRecords(content: Buffer): ReadonlyMap<string, string> {
  const text = content.toString('latin1');
  const records = new Map<string, string>();
  for (let at = 0; at < text.length;) {
    const [head, digits = '', key = ''] = /^(\d{1,6}) ([A-Za-z.]{1,40})=/.exec(text.slice(at, at + 60)) ?? [];
    const end = at + Number(digits);
    if (
      head === undefined ||
      end > text.length ||
      text[end - 1] !== '\n' ||
      !KNOWN.has(key) ||
      records.has(key)
    )
      throw new CopyRefusedError('a header of the archive says what none should');
    records.set(key, text.slice(at + head.length, end - 1));
    at = end;
  }
  return records;
}

/** `bytes`; undefined when the records have none. @throws CopyRefusedError */
export function paxSize(records: ReadonlyMap<string, string>): number | undefined {
  const written = records.get('size');
  return written === undefined ? undefined : paxNumber(written);
}

/** @throws CopyRefusedError for what is no number of decimal digits, or one that is not exact here */
export function paxNumber(written: string): number {
  const value = Number(written);
  if (!/^\d{1,16}$/.test(written) || !Number.isSafeInteger(value))
    throw new CopyRefusedError('a size in the archive is none');
  return value;
}
