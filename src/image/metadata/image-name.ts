const LATEST = ':latest';
/** Cannot be in a name that a user gives. */
export const SUPERSEDED_MARK = '@';
/** Characters of an id that tell it from others: its random part. */
const SHORT_ID = 6;

/** The name as it is kept: `debian` and `debian:latest` are one image. */
export function nameOf(given: string): string {
  return given.endsWith(LATEST) ? given.slice(0, -LATEST.length) : given;
}

/** What the one with this id is called when another has got its name. */
export function supersededName(name: string, id: string): string {
  return `${name}${SUPERSEDED_MARK}${id.slice(-SHORT_ID)}`;
}

/** The name that an image had before a newer one got it; that which it has, otherwise. */
export function baseName(name: string): string {
  return name.slice(0, name.includes(SUPERSEDED_MARK) ? name.indexOf(SUPERSEDED_MARK) : undefined);
}
