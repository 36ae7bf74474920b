/** Middle of the values, so that one disturbed run does not count. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** `ms` */
export async function timed(body: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await body();
  return performance.now() - start;
}

export interface Paired {
  readonly floor: number[];
  readonly product: number[];
}

/** Floor and product in turn, so that a machine whose speed drifts disturbs both alike. `ms` */
export async function interleaved(
  runs: number,
  floor: () => Promise<number>,
  product: () => Promise<number>,
): Promise<Paired> {
  const result: Paired = { floor: [], product: [] };
  for (let run = 0; run < runs; run += 1) {
    result.floor.push(await floor());
    result.product.push(await product());
  }
  return result;
}

/** One line of the table. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** what the value is held against, measured in the same run */
  readonly floor?: number;
  readonly floorName?: string;
  /** bound of `value / floor` where there is a floor, else of `value` itself */
  readonly budget?: number;
  /** whether more is better */
  readonly atLeast?: boolean;
  readonly runs: number;
  readonly samples?: { readonly floor?: number[]; readonly product: number[] };
}

export function isMet(figure: Figure): boolean | undefined {
  if (figure.budget === undefined) return undefined;
  const measured = figure.floor === undefined ? figure.value : figure.value / figure.floor;
  return figure.atLeast === true ? measured >= figure.budget : measured <= figure.budget;
}

export function pairedFigure(
  facts: { name: string; floorName: string; budget?: number; unit?: string },
  { floor, product }: Paired,
): Figure {
  return {
    name: facts.name,
    unit: facts.unit ?? 'ms',
    value: median(product),
    floor: median(floor),
    floorName: facts.floorName,
    ...(facts.budget !== undefined && { budget: facts.budget }),
    runs: product.length,
    samples: { floor, product },
  };
}
