import { SIGNAL_NUMBERS } from '../../contract/index.js';

/** What the keeper of a session has written down of it. */
export interface GuestState {
  readonly ended: boolean;
  readonly exitCode: number | undefined;
  /** without SIG */
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  /** why it was given up: `disk-full` */
  readonly why: string | undefined;
  readonly endedAt: Date | undefined;
  /** device of its terminal in the guest */
  readonly tty: string | undefined;
}

/** Of `key=value` words, each of which is a guest's: what is not as it should be is left out. */
export function readGuestState(record: string): GuestState {
  const told = new Map(
    [...record.matchAll(/(\w{1,32})=(\S{0,128})/g)].map(([, key = '', value = '']) => [key, value]),
  );
  const number = (key: string): number | undefined => {
    const text = told.get(key);
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  };
  const code = number('code');
  const ended = number('ended');
  return {
    ended: told.get('state') === 'exited',
    exitCode: code !== undefined && code <= 255 ? code : undefined,
    signal: nameOf(number('signal')),
    timedOut: told.get('timedout') === '1',
    why: told.get('why')?.match(/^[a-z-]{1,32}$/)?.[0],
    endedAt: ended === undefined ? undefined : new Date(ended),
    tty: told.get('tty')?.match(/^\/dev\/pts\/\d{1,9}$/)?.[0],
  };
}

function nameOf(signal: number | undefined): string | undefined {
  if (signal === undefined) return undefined;
  const known = Object.entries(SIGNAL_NUMBERS).find(([, number]) => number === signal);
  return known?.[0] ?? `RT${signal}`;
}
