const LATEST = ':latest';

/** The name as it is kept: `debian` and `debian:latest` are one image. */
export function nameOf(given: string): string {
  return given.endsWith(LATEST) ? given.slice(0, -LATEST.length) : given;
}
