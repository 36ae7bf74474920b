import type { TomlPath, TomlPlace } from './toml-issue.js';

/** A key, an element of an array, or the document itself, and where it is first written. */
interface KeyNode {
  readonly offset: number;
  children?: Map<string | number, KeyNode>;
  /** number of `[[…]]` headers so far, of an array of tables */
  tables?: number;
}

/**
 * Where the keys of a TOML document stand. By hand: smol-toml says where a syntax error is, but not where a key is.
 * Made for a document that smol-toml has accepted; of any other text it finds what it can, and ends.
 */
export class KeyLocator {
  readonly #root: KeyNode = { offset: 0 };
  readonly #lineStarts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
    new DocumentScanner(text, this.#root).scan();
  }

  /** Place of the key, or of the innermost part of its path that is written somewhere; undefined for none at all. */
  place(path: TomlPath): TomlPlace | undefined {
    let node = this.#root;
    let found: KeyNode | undefined;
    for (const part of path) {
      const child = node.children?.get(part);
      if (child === undefined) break;
      found = node = child;
    }
    return found === undefined ? undefined : this.#placeOf(found.offset);
  }

  /** Whether this very key is written in the document. */
  has(path: TomlPath): boolean {
    let node: KeyNode | undefined = this.#root;
    for (const part of path) node = node?.children?.get(part);
    return node !== undefined;
  }

  #placeOf(offset: number): TomlPlace {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 };
  }
}

/** Arrays and inline tables within each other that are followed; smol-toml refuses more (parse-toml.ts). */
export const MAX_NESTING = 64;

interface KeyPart {
  readonly name: string;
  readonly offset: number;
}

/** Goes through a document once, from its start to its end; each method begins where the last one stopped. */
class DocumentScanner {
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly root: KeyNode,
  ) {}

  scan(): void {
    let table = this.root;
    while (this.#at < this.text.length) {
      const before = this.#at;
      this.#skip(/[\s]+|#[^\n]*/y);
      if (this.#at > before) continue;
      if (this.text.startsWith('[', this.#at)) table = this.#header();
      else if (this.#at < this.text.length) this.#assignment(table, 0);
      // what is no TOML must not hold us here
      if (this.#at === before) this.#at += 1;
    }
  }

  /** `[a.b]` or `[[a.b]]`; returns the table that the next assignments belong to. */
  #header(): KeyNode {
    const isArray = this.text.startsWith('[[', this.#at);
    this.#at += isArray ? 2 : 1;
    const parts = this.#keyPath();
    let node = this.root;
    for (const [index, part] of parts.entries()) {
      node = childOf(node, part.name, part.offset);
      if (isArray && index === parts.length - 1) {
        node.tables = (node.tables ?? 0) + 1;
      }
      // within an array of tables a header speaks of its last one
      if (node.tables !== undefined) node = childOf(node, node.tables - 1, part.offset);
    }
    this.#skip(/[ \t]*\]{1,2}/y);
    return node;
  }

  #assignment(table: KeyNode, depth: number): void {
    let node = table;
    for (const part of this.#keyPath()) node = childOf(node, part.name, part.offset);
    if (!this.#skip(/[ \t]*=[ \t]*/y)) return;
    this.#value(node, depth);
  }

  /** `a . "b" . 'c'` */
  #keyPath(): KeyPart[] {
    const parts: KeyPart[] = [];
    do {
      this.#skip(/[ \t]+/y);
      const offset = this.#at;
      const word = this.#take(/[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y);
      if (word === undefined) break;
      parts.push({ name: decodeName(word), offset });
      this.#skip(/[ \t]+/y);
    } while (this.#skip(/\./y));
    return parts;
  }

  #value(node: KeyNode, depth: number): void {
    if (depth < MAX_NESTING && this.#skip(/\[/y)) return this.#array(node, depth + 1);
    if (depth < MAX_NESTING && this.#skip(/\{/y)) return this.#inlineTable(node, depth + 1);
    if (this.#string()) return;
    this.#skip(/[^,\]}#\n]+/y);
  }

  #array(node: KeyNode, depth: number): void {
    for (let index = 0; ; index += 1) {
      this.#blank();
      if (this.#at >= this.text.length || this.#skip(/\]/y)) return;
      const before = this.#at;
      this.#value(childOf(node, index, this.#at), depth);
      this.#blank();
      if (!this.#skip(/,/y) && !this.text.startsWith(']', this.#at)) return;
      if (this.#at === before) return;
    }
  }

  #inlineTable(node: KeyNode, depth: number): void {
    for (;;) {
      this.#blank();
      if (this.#at >= this.text.length || this.#skip(/\}/y)) return;
      const before = this.#at;
      this.#assignment(node, depth);
      this.#blank();
      if (!this.#skip(/,/y) && !this.text.startsWith('}', this.#at)) return;
      if (this.#at === before) return;
    }
  }

  /** White space, line ends and comments. */
  #blank(): void {
    while (this.#skip(/\s+|#[^\n]*/y));
  }

  /** A string of any of the four kinds, if one begins here; one without an end reaches to the end of the text. */
  #string(): boolean {
    for (const quotes of ['"""', "'''"]) {
      if (!this.text.startsWith(quotes, this.#at)) continue;
      this.#multiLine(quotes);
      return true;
    }
    return this.#skip(/"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y);
  }

  #multiLine(quotes: string): void {
    const escapes = quotes === '"""';
    let end = this.#at + 3;
    while (end < this.text.length && !this.text.startsWith(quotes, end)) {
      end += escapes && this.text[end] === '\\' ? 2 : 1;
    }
    end = Math.min(end + 3, this.text.length);
    // up to two quotes of its own may stand before the closing three
    for (let own = 0; own < 2 && this.text[end] === quotes[0]; own += 1) end += 1;
    this.#at = end;
  }

  #skip(pattern: RegExp): boolean {
    return this.#take(pattern) !== undefined;
  }

  /** @param pattern sticky */
  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const word = pattern.exec(this.text)?.[0];
    if (word !== undefined) this.#at += word.length;
    return word;
  }
}

function childOf(node: KeyNode, part: string | number, offset: number): KeyNode {
  node.children ??= new Map();
  let child = node.children.get(part);
  if (child === undefined) {
    child = { offset };
    node.children.set(part, child);
  }
  return child;
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  e: '\u001b',
};

function decodeName(word: string): string {
  if (word.startsWith("'")) return word.slice(1, -1);
  if (!word.startsWith('"')) return word;
  return word
    .slice(1, -1)
    .replaceAll(/\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|.)/g, (escape: string) => {
      const code = Number.parseInt(/^\\[xuU](.+)$/.exec(escape)?.[1] ?? '', 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : (ESCAPES[escape.charAt(1)] ?? escape.charAt(1));
    });
}
