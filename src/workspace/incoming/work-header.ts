import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import { WORK_MAGIC } from './work-script.js';

/** What a guest says of its repository: nothing of it has been verified. */
export interface WorkHeader {
  readonly head?: string;
  /** full name of a ref */
  readonly branch?: string;
  readonly tree?: string;
  /** repositories inside the repository */
  readonly inner: number;
}

/** `bytes` */
const MAX_HEADER_BYTES = 8 * 1024;

export class WorkHeaderInvalidError extends Error {}

/**
 * Reads the header off a stream. What follows is in `rest`; undefined when the stream ended before the header did.
 * @throws WorkHeaderInvalidError
 */
export async function readWorkHeader(
  stream: Readable,
  idLength: number,
): Promise<{ header: WorkHeader; rest: Readable } | undefined> {
  let head = Buffer.alloc(0);
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    head = Buffer.concat([head, chunk as Buffer]);
    const end = head.indexOf('\n\n');
    if (end >= 0 && end <= MAX_HEADER_BYTES) {
      const header = parseWorkHeader(head.subarray(0, end).toString('latin1'), idLength);
      const rest = new PassThrough({ highWaterMark: 262_144 });
      rest.write(head.subarray(end + 2));
      return { header, rest: stream.pipe(rest) };
    }
    if (head.length > MAX_HEADER_BYTES) throw new WorkHeaderInvalidError('its first lines are too long');
  }
  return undefined;
}

/** @throws WorkHeaderInvalidError */
export function parseWorkHeader(text: string, idLength: number): WorkHeader {
  const id = `([0-9a-f]{${idLength}}|)`;
  const lines = [
    WORK_MAGIC,
    `head ${id}`,
    'branch ([^\\n]{0,1024})',
    `tree ${id}`,
    String.raw`inner (\d{1,9})`,
  ];
  const match = new RegExp(`^${lines.join('\n')}$`).exec(text);
  if (match === null) throw new WorkHeaderInvalidError('its first lines are not as they should be');
  const [, head = '', branch = '', tree = '', inner = '0'] = match;
  const named = Buffer.from(branch, 'latin1').toString('utf8');
  return {
    ...(head !== '' && { head }),
    ...(/^refs\/heads\/[^\p{C}]+$/u.test(named) && { branch: named }),
    ...(tree !== '' && { tree }),
    inner: Number(inner),
  };
}
