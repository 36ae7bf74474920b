import type { PublishedPort } from '../../contract/index.js';

/** Why nobody could listen on a port: something does, it takes privileges, or the host has no such address. */
export type ListenProblem = 'taken' | 'privileged' | 'no-address';

/** What the machine says about ports and user ids that banger would like to use. */
export abstract class LeaseProbe {
  /** Whether a listener on 127.0.0.1 could have the port right now. */
  abstract isPortFree(port: number): Promise<boolean>;
  /** What keeps a VMM, which has no privileges, from listening there right now. */
  abstract listenProblem(port: PublishedPort): Promise<ListenProblem | undefined>;
  /** Ranges of user ids, both ends included, that users of the host or their containers have. */
  abstract takenUids(): Promise<{ from: number; to: number }[]>;
}
