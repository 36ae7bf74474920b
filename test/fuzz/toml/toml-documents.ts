import type { Random } from '../rpc/random.js';

/** Writes random TOML documents that use every form the language has for keys and values; most of them are valid. */
export class TomlWriter {
  #count = 0;

  constructor(private readonly random: Random) {}

  document(): string {
    const lines: string[] = [];
    const statements = 1 + this.random.below(12);
    for (let index = 0; index < statements; index += 1) lines.push(this.#statement());
    return lines.join(this.random.pick(['\n', '\n', '\r\n', '\n\n']));
  }

  #statement(): string {
    switch (this.random.below(9)) {
      case 0:
        return `${this.#space()}# [no.table] "not a string, x = 1`;
      case 1:
        return `${this.#space()}[${this.#keyPath()}]${this.#comment()}`;
      case 2:
        return `[[${this.#keyPath()}]]${this.#comment()}`;
      case 3:
        return `[[list]]\nx${this.#fresh()} = ${this.#value(2)}\n[list.sub${this.random.below(2) ? '' : this.#fresh()}]\ny = 1`;
      default:
        return `${this.#space()}${this.#keyPath()}${this.#space()}=${this.#space()}${this.#value(3)}${this.#comment()}`;
    }
  }

  #keyPath(): string {
    const parts = Array.from({ length: 1 + this.random.below(3) }, () => this.#key());
    return parts.join(this.random.pick(['.', ' . ', '.\t']));
  }

  #key(): string {
    const name = this.random.below(3) === 0 ? this.random.pick(['a', 'b', 'list']) : `k${this.#fresh()}`;
    return this.random.pick([
      name,
      name,
      `"${name}"`,
      `'${name}'`,
      `"${name}.x = \\"1\\" \\u00e9 \\\\"`,
      `'${name} # \\'`,
      `"[${name}]"`,
      `"${name}\\t\\U0001F600"`,
      this.random.pick(['""', "''", '__proto__', 'constructor', '0', '-', '1.2']),
    ]);
  }

  #value(depth: number): string {
    const simple = [
      '1',
      '-1_000',
      '1.5e3',
      'true',
      '1979-05-27 07:32:00',
      '07:32:00',
      '0xff',
      '"x = 1 # [y] \\" , } ]"',
      "'\\ ] } , # x = 1'",
      '"""a\n[x]\ny = "1" \\""" \\\n  # z\n"""',
      "'''a\n[x]\n'y' = ''1'''",
      '"""two at the end"""""',
      "''''one'''''",
      '""',
      "''",
      '""""""',
      'inf',
    ];
    const kind = depth === 0 ? 0 : this.random.below(6);
    if (kind < 4) return this.random.pick(simple);
    return kind === 4 ? this.#array(depth) : this.#inlineTable(depth);
  }

  #array(depth: number): string {
    const items = Array.from({ length: this.random.below(4) }, () => this.#value(depth - 1));
    const separator = this.random.pick([',', ', ', ' ,\n\t# , ] "\n']);
    return `[${this.random.pick(['', ' ', '\n', ' # ]\n'])}${items.join(separator)}${items.length > 0 && this.random.below(3) === 0 ? ',' : ''} ]`;
  }

  #inlineTable(depth: number): string {
    const pairs = Array.from(
      { length: this.random.below(3) },
      () => `${this.#keyPath()} = ${this.#value(depth - 1)}`,
    );
    return `{ ${pairs.join(this.random.pick([', ', ' , ', ',']))} }`;
  }

  #space(): string {
    return this.random.pick(['', '', ' ', '\t ']);
  }

  #comment(): string {
    return this.random.pick(['', '', ' # x = 1 [[y]]']);
  }

  #fresh(): number {
    this.#count += 1;
    return this.#count;
  }
}

/** The document with a few characters taken out, put in, doubled or swapped. */
export function damage(text: string, random: Random): string {
  let damaged = text;
  for (let edit = 0; edit <= random.below(4); edit += 1) {
    const at = random.below(damaged.length + 1);
    const piece = random.pick([
      '',
      '[',
      ']',
      '"',
      "'",
      '"""',
      "'''",
      '{',
      '}',
      '=',
      '.',
      ',',
      '#',
      '\\',
      '\n',
      '\0',
      'é',
    ]);
    damaged = damaged.slice(0, at) + piece + damaged.slice(at + random.below(3));
  }
  return damaged;
}
