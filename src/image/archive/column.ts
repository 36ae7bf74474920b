type Values = Uint8Array | Uint16Array | Uint32Array | Float64Array;

const FIRST_ROWS = 1024;

/** A number for each row of a table, 0 where none was set: a million take a few megabytes, where objects take hundreds. */
export class Column {
  #values: Values;
  readonly #make: (rows: number) => Values;

  constructor(make: (rows: number) => Values) {
    this.#make = make;
    this.#values = make(FIRST_ROWS);
  }

  get(row: number): number {
    return this.#values[row] ?? 0;
  }

  set(row: number, value: number): void {
    if (row >= this.#values.length) {
      const grown = this.#make(Math.max(row + 1, this.#values.length * 2));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[row] = value;
  }
}

export const uint8 = (): Column => new Column((rows) => new Uint8Array(rows));
export const uint16 = (): Column => new Column((rows) => new Uint16Array(rows));
export const uint32 = (): Column => new Column((rows) => new Uint32Array(rows));
export const float64 = (): Column => new Column((rows) => new Float64Array(rows));
