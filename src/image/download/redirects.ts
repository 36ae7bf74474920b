import { DownloadFailedError } from './download.errors.js';

export const MAX_REDIRECTS = 5;

/** Headers that say nothing of who asks. */
const PLAIN_HEADERS = new Set(['accept', 'accept-encoding', 'range', 'if-range', 'user-agent']);

export interface Hop {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

export function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** Where a redirect leads, with what may be sent there. @throws DownloadFailedError when it must not be followed */
export function nextHop(from: Hop, location: string | undefined): Hop {
  if (location === undefined) throw refused(from, 'it redirects without saying whereto');
  const url = URL.parse(location, from.url.href);
  if (url === null) throw refused(from, 'it redirects to something that is no address');
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw refused(from, `it redirects to an address of ${url.protocol.slice(0, 20)}`);
  if (from.url.protocol === 'https:' && url.protocol === 'http:')
    throw refused(from, `it redirects from https to plain http (${url.host})`);
  if (url.username !== '' || url.password !== '')
    throw refused(from, 'it redirects to an address with a password in it');
  const plain = Object.entries(from.headers).filter(([name]) => PLAIN_HEADERS.has(name));
  return { url, headers: url.origin === from.url.origin ? from.headers : Object.fromEntries(plain) };
}

export function tooManyRedirects(first: URL): DownloadFailedError {
  return refused({ url: first, headers: {} }, `it redirects more than ${MAX_REDIRECTS} times`);
}

function refused({ url }: Hop, reason: string): DownloadFailedError {
  return new DownloadFailedError(url.host, {
    reason,
    fix: 'check the address; if it is right, tell those who run the server',
    passing: false,
  });
}
