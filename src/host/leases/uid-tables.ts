export interface UidRange {
  readonly from: number;
  /** included */
  readonly to: number;
}

/** User ids of passwd(5). */
export function parsePasswdUids(text: string): UidRange[] {
  return rows(text).flatMap((fields) => {
    const uid = toId(fields[2]);
    return uid === undefined ? [] : [{ from: uid, to: uid }];
  });
}

/** User ids that subuid(5) gives to containers: a VMM must not share one with a container's process. */
export function parseSubordinateUids(text: string): UidRange[] {
  return rows(text).flatMap((fields) => {
    const first = toId(fields[1]);
    const count = toId(fields[2]);
    return first === undefined || count === undefined || count === 0
      ? []
      : [{ from: first, to: first + count - 1 }];
  });
}

function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}

function toId(field: string | undefined): number | undefined {
  return field !== undefined && /^\d{1,10}$/.test(field) ? Number(field) : undefined;
}
