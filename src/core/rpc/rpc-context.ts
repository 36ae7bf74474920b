/** What a handler knows about its request beyond the parameters. */
export interface RpcContext {
  /** the method called: `vm.get` */
  readonly method: string;
  /** aborted on `$/cancel`, when the client disconnects and when the daemon ends; the reason is a CancelledError */
  readonly signal: AbortSignal;
  /** correlation id; also `currentRef()` while the handler runs */
  readonly ref: string;
  readonly connection: RpcConnectionInfo;
}

export interface RpcConnectionInfo {
  /** counts up from 1 within one daemon */
  readonly id: number;
  /** resolves when the client is gone; never rejects */
  readonly closed: Promise<void>;
}

/** Context of one request. The controller is made on demand: most handlers never look at the signal. */
export class RequestContext implements RpcContext {
  readonly method: string;
  readonly ref: string;
  readonly connection: RpcConnectionInfo;
  #controller: AbortController | undefined;
  #reason: Error | undefined;

  constructor(method: string, ref: string, connection: RpcConnectionInfo) {
    this.method = method;
    this.ref = ref;
    this.connection = connection;
  }

  /** what is cancelled, for messages: the method */
  get what(): string {
    return this.method;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  abort(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
