/** What is kept of each sample, in the order of the columns. Rates are per second; NaN is unknown. */
export const SERIES = [
  /** CPUs kept busy on average since the sample before: 1.5 is one and a half */
  'cpuCores',
  'residentBytes',
  'guestUsedBytes',
  'diskReadRate',
  'diskWriteRate',
  'networkReceiveRate',
  'networkSendRate',
] as const;
export type Series = (typeof SERIES)[number];

export type SamplePoint = Readonly<Record<Series, number>> & {
  /** `ms` since the epoch */
  readonly at: number;
};

const WIDTH = SERIES.length;

/**
 * The last samples of one VM, the oldest overwritten by the newest: one hour takes 26 KiB and never more, and keeping
 * a sample allocates nothing. Single precision is exact to a ten-millionth.
 */
export class SampleRing {
  readonly #at: Float64Array;
  readonly #values: Float32Array;
  #next = 0;
  #length = 0;

  constructor(private readonly capacity: number) {
    this.#at = new Float64Array(capacity);
    this.#values = new Float32Array(capacity * WIDTH);
  }

  push(point: SamplePoint): void {
    this.#at[this.#next] = point.at;
    for (let column = 0; column < WIDTH; column += 1)
      this.#values[this.#next * WIDTH + column] = point[SERIES[column] ?? 'cpuCores'];
    this.#next = (this.#next + 1) % this.capacity;
    this.#length = Math.min(this.#length + 1, this.capacity);
  }

  /** Oldest first. @param since `ms` since the epoch; all that there is when left out */
  points(since = -Infinity): SamplePoint[] {
    const points: SamplePoint[] = [];
    for (let age = this.#length; age > 0; age -= 1) {
      const row = (this.#next - age + this.capacity) % this.capacity;
      const at = this.#at[row] ?? 0;
      if (at >= since) points.push(this.#point(row, at));
    }
    return points;
  }

  #point(row: number, at: number): SamplePoint {
    const value = (series: Series): number =>
      this.#values[row * WIDTH + SERIES.indexOf(series)] ?? Number.NaN;
    return {
      at,
      cpuCores: value('cpuCores'),
      residentBytes: value('residentBytes'),
      guestUsedBytes: value('guestUsedBytes'),
      diskReadRate: value('diskReadRate'),
      diskWriteRate: value('diskWriteRate'),
      networkReceiveRate: value('networkReceiveRate'),
      networkSendRate: value('networkSendRate'),
    };
  }
}
