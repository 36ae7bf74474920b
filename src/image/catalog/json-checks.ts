/** Nested deeper than anything that banger writes. */
const MAX_DEPTH = 16;

/** What is wrong with a document that came from elsewhere, in words that follow `it`. */
export class DocumentProblem extends Error {
  override readonly name = 'DocumentProblem';

  constructor(
    reason: string,
    readonly fix?: string,
  ) {
    super(reason);
  }
}

/**
 * The text as a table. Nothing of it is repeated: the file may be one that its reader must not see.
 * @throws DocumentProblem
 */
export function parseTable(text: Buffer, what: string): Table {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch {
    throw new DocumentProblem(`${what} is not JSON`);
  }
  if (isDeeper(value, MAX_DEPTH))
    throw new DocumentProblem(`${what} is nested too deeply, or has a number that is too large`);
  return new Table(value, what);
}

/** A number that JSON.parse makes infinite counts as without end. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((one) => isDeeper(one, levels - 1));
}

/** An object of which each field is asked for with what it has to be. All methods @throws DocumentProblem. */
export class Table {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(
    value: unknown,
    readonly what: string,
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new DocumentProblem(`${what} is not an object`);
    this.#fields = value as Record<string, unknown>;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#fields, name);
  }

  text(name: string, pattern: RegExp): string {
    const value = this.#field(name);
    if (typeof value === 'string' && pattern.test(value)) return value;
    throw new DocumentProblem(`"${name}" of ${this.what} is missing, or not what it has to be`);
  }

  /** Whole, `from` to `to`. */
  number(name: string, from: number, to: number): number {
    const value = this.#field(name);
    if (Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to)
      return value as number;
    throw new DocumentProblem(`"${name}" of ${this.what} is no whole number from ${from} to ${to}`);
  }

  list(name: string, max: number): readonly unknown[] {
    const value = this.#field(name);
    if (Array.isArray(value) && value.length <= max) return value as unknown[];
    throw new DocumentProblem(`"${name}" of ${this.what} is no list of at most ${max}`);
  }

  table(name: string): Table {
    return new Table(this.#field(name), `"${name}" of ${this.what}`);
  }

  /** As it is. */
  fields(): Readonly<Record<string, unknown>> {
    return this.#fields;
  }

  #field(name: string): unknown {
    return this.has(name) ? this.#fields[name] : undefined;
  }
}
