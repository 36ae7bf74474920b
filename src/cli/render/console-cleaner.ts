import { escapeControls } from './text.js';

/** `bytes` of a string sequence (a title, a clipboard) that are waited for its end: a guest must not swallow the rest. */
const MAX_STRING = 4096;

type State = 'text' | 'escape' | 'csi' | 'intermediate' | 'string';

/**
 * Text of a console without what would do something to the terminal that shows it: escape sequences, control and
 * direction-changing characters. Sequences may begin in one piece and end in a later one.
 */
export class ConsoleCleaner {
  #state: State = 'text';
  #stringLength = 0;
  #pendingReturn = false;

  clean(piece: string): string {
    let result = '';
    for (const character of piece) result += this.#next(character);
    return result;
  }

  #next(character: string): string {
    // Lines end all that was begun: no sequence holds a newline.
    if (character === '\n') {
      this.#state = 'text';
      this.#pendingReturn = false;
      return '\n';
    }
    switch (this.#state) {
      case 'text':
        return this.#text(character);
      case 'escape':
        this.#state = afterEscape(character);
        this.#stringLength = 0;
        return '';
      case 'intermediate':
        if (character >= '0') this.#state = 'text';
        return '';
      case 'csi':
        if (character >= '@' && character <= '~') this.#state = 'text';
        return '';
      case 'string':
        this.#inString(character);
        return '';
    }
  }

  #text(character: string): string {
    if (character === '\r') {
      this.#pendingReturn = true;
      return '';
    }
    if (character === '\u001b') {
      this.#state = 'escape';
      return '';
    }
    if (character === '\u009b') {
      this.#state = 'csi';
      return '';
    }
    const shown = character === '\t' ? '\t' : isControl(character) ? '' : escapeControls(character);
    if (shown === '' || !this.#pendingReturn) return shown;
    // A line written over, as progress is: shown below each other.
    this.#pendingReturn = false;
    return `\n${shown}`;
  }

  #inString(character: string): void {
    this.#stringLength += 1;
    if (character === '\u0007' || character === '\u009c' || this.#stringLength > MAX_STRING)
      this.#state = 'text';
    // ESC \ ends it; so does the beginning of any other sequence
    if (character === '\u001b') this.#state = 'escape';
  }
}

function afterEscape(character: string): State {
  if (character === '[') return 'csi';
  if (']PX^_'.includes(character)) return 'string';
  if (character === '\u001b') return 'escape';
  return character >= ' ' && character <= '/' ? 'intermediate' : 'text';
}

function isControl(character: string): boolean {
  return character < ' ' || (character >= '\u007f' && character <= '\u009f');
}
