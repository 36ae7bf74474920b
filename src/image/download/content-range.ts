export interface ContentRange {
  /** first byte that follows; undefined with 416 */
  readonly start?: number;
  /** `bytes` of the whole file, when the server knows */
  readonly total?: number;
}

/** Of `bytes 5-9/10`, `bytes 5-9/*` and `bytes *\/10`; undefined of anything else. */
export function parseContentRange(value: string | undefined): ContentRange | undefined {
  const match = /^bytes (?:(\d{1,15})-\d{1,15}|\*)\/(?:(\d{1,15})|\*)$/.exec(value?.trim() ?? '');
  if (match === null) return undefined;
  const [, start, total] = match;
  return {
    ...(start !== undefined && { start: Number(start) }),
    ...(total !== undefined && { total: Number(total) }),
  };
}

/** `bytes`; undefined when the header is missing or no number. */
export function parseLength(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
