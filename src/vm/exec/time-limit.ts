export interface TimeLimit {
  /** settles when the time is over; never without a limit */
  readonly over: Promise<'over'>;
  release(): void;
}

/** @param seconds no limit when undefined */
export function timeLimit(seconds: number | undefined): TimeLimit {
  const { promise, resolve } = Promise.withResolvers<'over'>();
  let timer: NodeJS.Timeout | undefined;
  // setTimeout takes no more than 24 days: a longer limit is waited for in portions
  const wait = (leftMs: number): void => {
    const portion = Math.min(leftMs, LONGEST_WAIT_MS);
    timer = setTimeout(() => (leftMs > portion ? wait(leftMs - portion) : resolve('over')), portion);
  };
  if (seconds !== undefined) wait(seconds * 1000);
  return { over: promise, release: () => clearTimeout(timer) };
}

const LONGEST_WAIT_MS = 2 ** 31 - 1;
