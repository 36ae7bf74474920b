import type { Style } from '../render/style.js';
import { escapeControls } from '../render/text.js';

/** Characters of a line that are waited for its end; a longer one is shown in pieces. */
const MAX_LINE = 16_384;

/**
 * A patch for a terminal: in git's colours, and with everything but tabs and newlines written out that would do
 * something to it. What a file holds comes from a guest.
 */
export class PatchPainter {
  readonly #decoder = new TextDecoder();
  #rest = '';
  /** paints what is left of a line that was shown in part */
  #begun: ((text: string) => string) | undefined;
  #inHunk = false;

  constructor(private readonly style: Style) {}

  push(chunk: Buffer): string {
    return this.#paint(this.#decoder.decode(chunk, { stream: true }));
  }

  /** What came without a newline behind it. */
  end(): string {
    const shown = this.#paint(this.#decoder.decode());
    return this.#rest === '' ? shown : shown + this.#line(this.#rest);
  }

  #paint(text: string): string {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    const shown = lines.map((line) => {
      const painted = this.#line(line);
      this.#begun = undefined;
      return `${painted}\n`;
    });
    if (this.#rest.length > MAX_LINE) {
      shown.push(this.#line(this.#rest));
      this.#rest = '';
    }
    return shown.join('');
  }

  #line(line: string): string {
    this.#begun ??= this.#colour(line);
    return line === '' ? '' : this.#begun(line.split('\t').map(escapeControls).join('\t'));
  }

  #colour(line: string): (text: string) => string {
    const { style } = this;
    if (line.startsWith('diff ')) this.#inHunk = false;
    if (line.startsWith('@@')) this.#inHunk = true;
    if (line.startsWith('@@')) return style.cyan;
    // before the first hunk of a file, "--- a/x" is no line that was taken away
    if (!this.#inHunk) return HEADER.test(line) ? style.bold : String;
    if (line.startsWith('+')) return style.green;
    return line.startsWith('-') ? style.red : String;
  }
}

const HEADER =
  /^(?:diff |index |--- |\+\+\+ |old mode |new mode |new file mode |deleted file mode |rename |copy |similarity |dissimilarity )/;
