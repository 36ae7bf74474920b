import type { OutgoingLines } from './outgoing-lines.js';

/** Where the answer to one request goes. Exactly one of the two is called, once. */
export interface Reply {
  answer(text: string): void;
  /** a notification has no answer */
  none(): void;
}

export class SingleReply implements Reply {
  readonly #output: OutgoingLines;

  constructor(output: OutgoingLines) {
    this.#output = output;
  }

  answer(text: string): void {
    this.#output.write(text);
  }

  none(): void {}
}

/** Answers of a batch leave together, as one array, when the last is there; no array when there was none. */
export class BatchReply implements Reply {
  readonly #output: OutgoingLines;
  readonly #answers: string[] = [];
  #missing: number;
  #heldLength = 0;

  constructor(output: OutgoingLines, length: number) {
    this.#output = output;
    this.#missing = length;
  }

  answer(text: string): void {
    this.#answers.push(text);
    this.#heldLength += text.length;
    this.#output.hold(text.length);
    this.none();
  }

  none(): void {
    this.#missing -= 1;
    if (this.#missing > 0) return;
    this.#output.release(this.#heldLength);
    if (this.#answers.length > 0) this.#output.write(`[${this.#answers.join(',')}]`);
  }
}
