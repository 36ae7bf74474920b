/** What the machine says about ports and user ids that banger would like to use. */
export abstract class LeaseProbe {
  /** Whether a listener on 127.0.0.1 could have the port right now. */
  abstract isPortFree(port: number): Promise<boolean>;
  /** Ranges of user ids, both ends included, that users of the host or their containers have. */
  abstract takenUids(): Promise<{ from: number; to: number }[]>;
}
