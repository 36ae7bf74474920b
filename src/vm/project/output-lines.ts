import { StringDecoder } from 'node:string_decoder';

/** Characters of a line; more is cut */
const MAX_LINE = 1_000;
/** Characters kept for an error */
const MAX_TAIL = 4_096;

/** A guest's output as lines: bounded, and printable whatever the guest writes. */
export class OutputLines {
  readonly #decoder = new StringDecoder('utf8');
  #line = '';
  #tail = '';

  constructor(private readonly onLine: (text: string) => void) {}

  push(chunk: Buffer): void {
    const lines = (this.#line + this.#decoder.write(chunk)).split(/\r\n|\r|\n/);
    this.#line = (lines.pop() ?? '').slice(0, MAX_LINE);
    for (const line of lines) this.#take(printable(line.slice(0, MAX_LINE)));
  }

  /** The end of all of it. */
  get tail(): string {
    return (this.#tail + printable(this.#line)).slice(-MAX_TAIL);
  }

  #take(line: string): void {
    if (line.trim() === '') return;
    this.#tail = `${this.#tail}${line}\n`.slice(-MAX_TAIL);
    this.onLine(line);
  }
}

/** A line that is written over counts as a new one; colours are left out, and nothing else reaches a terminal. */
function printable(line: string): string {
  return (
    line
      // eslint-disable-next-line no-control-regex -- control characters are what is taken out
      .replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
      .replaceAll('\t', ' ')
      .replaceAll(/\p{C}/gu, '')
  );
}
