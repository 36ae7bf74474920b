import type { Socket } from 'node:net';
import { PROTOCOL_CODES } from '../../contract/errors.js';
import { CancelledError, toBangerError } from '../errors/index.js';
import type { BangerError } from '../errors/index.js';
import { runWithRef } from '../logging/index.js';
import type { Logger } from '../logging/index.js';
import { OperationRelay } from '../operation-relay.js';
import { invokeMethod } from './invoke-method.js';
import type { StreamSink } from './invoke-method.js';
import { LineFramer } from './line-framer.js';
import type { RpcMethod } from './method-registry.js';
import { OutgoingLines } from './outgoing-lines.js';
import { encodeFailure, encodeNext, encodeSuccess } from './response-encoder.js';
import { isBlank, parseLine, readRequest } from './request-parser.js';
import type { RpcRequest } from './request-parser.js';
import { RequestQueue } from './request-queue.js';
import { BatchReply, SingleReply } from './reply.js';
import type { Reply } from './reply.js';
import { LimitExceededError, MethodNotFoundError, RequestMalformedError } from './rpc-errors.js';
import { RequestContext } from './rpc-context.js';
import type { RpcLimits } from './rpc-limits.js';
import { asRecord, CANCEL_METHOD, CHANNEL_METHOD } from './wire.js';

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly limits: RpcLimits;
  readonly methods: ReadonlyMap<string, RpcMethod>;
  readonly logger: Logger | undefined;
  nextRef(): string;
  /** takes over a connection that asked for a byte channel */
  acceptChannel(socket: Socket, token: unknown, already: Buffer): void;
}

/** `ms` that a client gets to read why it is being disconnected */
const FAREWELL_MS = 1_000;

/** One client: its requests, what waits, what is at work and what it has not read yet. */
export class RpcConnection {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #info: { readonly id: number; readonly closed: Promise<void> };
  readonly #framer: LineFramer;
  readonly #output: OutgoingLines;
  readonly #queue = new RequestQueue();
  readonly #atWork = new Set<RequestContext>();
  readonly #byId = new Map<string | number, RequestContext>();
  readonly #receive = (chunk: Buffer): void => this.#readLines(chunk);
  #roomWaiters: (() => void)[] = [];
  #idle: (() => void) | undefined;
  #partialTimer: NodeJS.Timeout | undefined;
  #linesRead = 0;
  #stopped = false;

  constructor(id: number, socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    this.#framer = new LineFramer(host.limits.maxLineBytes);
    this.#output = new OutgoingLines(
      socket,
      host.limits,
      () => this.#overflow(),
      () => this.#regulate(),
    );
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    this.#info = { id, closed: this.closed };
    socket.on('error', () => undefined);
    // A client that ends its side is gone: nobody would be there for the answers.
    socket.once('end', () => socket.destroy());
    socket.once('close', () => this.#stop(new CancelledError('the request of a client that has gone')));
    socket.on('data', this.#receive);
  }

  /** Takes no more requests, aborts those at work, and closes when they have been answered or the time is over. */
  async shutDown(graceMs: number): Promise<void> {
    this.#stop(new CancelledError('the request, since the daemon is ending,'));
    const timer = setTimeout(() => this.#socket.destroy(), graceMs);
    if (this.#atWork.size > 0)
      await Promise.race([new Promise<void>((resolve) => (this.#idle = resolve)), this.closed]);
    this.#output.flush();
    this.#socket.end(() => this.#socket.destroy());
    await this.closed;
    clearTimeout(timer);
  }

  #readLines(chunk: Buffer): void {
    this.#framer.push(chunk);
    for (let line = this.#framer.next(); line !== undefined; line = this.#framer.next()) {
      if (this.#stopped) return;
      this.#readLine(line);
    }
    if (this.#stopped) return;
    const { maxLineBytes } = this.#host.limits;
    if (this.#framer.overflowed)
      return this.#disconnect(new LimitExceededError('bytes of a line', maxLineBytes));
    this.#watchPartialLine();
    this.#regulate();
  }

  #readLine(line: Buffer): void {
    if (isBlank(line)) return;
    this.#linesRead += 1;
    const parsed = parseLine(line);
    if (parsed === undefined) {
      const error = new RequestMalformedError('the line is not JSON in UTF-8');
      return this.#output.write(encodeFailure(null, error, undefined, PROTOCOL_CODES.parse));
    }
    const reply = new SingleReply(this.#output);
    if (!Array.isArray(parsed.value)) return this.#take(parsed.value, reply, line.length);
    const { length } = parsed.value;
    const { maxBatchLength } = this.#host.limits;
    if (length === 0) {
      return reply.answer(encodeFailure(null, new RequestMalformedError('the batch is empty'), undefined));
    }
    if (length > maxBatchLength) {
      return reply.answer(
        encodeFailure(null, new LimitExceededError('requests of a batch', maxBatchLength), undefined),
      );
    }
    const batch = new BatchReply(this.#output, length);
    for (const value of parsed.value) this.#take(value, batch, line.length / length);
  }

  #take(value: unknown, reply: Reply, bytes: number): void {
    const request = readRequest(value);
    if ('error' in request) return reply.answer(encodeFailure(request.id, request.error, undefined));
    if (request.method === CANCEL_METHOD && request.id === undefined) {
      this.#cancel(asRecord(request.params)['id']);
      return reply.none();
    }
    if (request.method === CHANNEL_METHOD && this.#linesRead === 1) return this.#becomeChannel(request);
    if (typeof request.id === 'string' || typeof request.id === 'number') {
      if (this.#byId.has(request.id) || this.#queue.has(request.id)) {
        const error = new RequestMalformedError('its id is that of a request under way');
        return reply.answer(encodeFailure(request.id, error, undefined));
      }
    }
    if (this.#mustWait()) this.#queue.add({ request, reply, bytes });
    else this.#start(request, reply);
  }

  #mustWait(): boolean {
    return (
      this.#queue.size > 0 || this.#atWork.size >= this.#host.limits.maxInFlight || this.#output.congested
    );
  }

  #start(request: RpcRequest, reply: Reply): void {
    const method = this.#host.methods.get(request.method);
    const ref = request.ref ?? this.#host.nextRef();
    if (method === undefined)
      return this.#answerFailure(request, new MethodNotFoundError(request.method), ref, reply);
    const context = new RequestContext(request.method, ref, this.#info);
    this.#atWork.add(context);
    if (typeof request.id === 'string' || typeof request.id === 'number') this.#byId.set(request.id, context);
    void runWithRef(ref, () => this.#carryOut(method, request, context, reply));
  }

  async #carryOut(
    method: RpcMethod,
    request: RpcRequest,
    context: RequestContext,
    reply: Reply,
  ): Promise<void> {
    const { id } = request;
    let lingering: Promise<unknown> | undefined;
    const sink: StreamSink = {
      emit: (value) => this.#emit(id, value),
      linger: (work) => {
        lingering = work;
      },
    };
    try {
      const result = await this.#invoke(method, request, context, sink);
      if (id === undefined) reply.none();
      else reply.answer(encodeSuccess(id, result));
    } catch (error) {
      this.#answerFailure(request, toBangerError(error, request.method), context.ref, reply);
    }
    if (id !== undefined && id !== null) this.#byId.delete(id);
    if (lingering !== undefined) await lingering.catch(() => undefined);
    this.#atWork.delete(context);
    if (this.#atWork.size === 0) this.#idle?.();
    if (!this.#stopped) this.#regulate();
  }

  /** With the progress of the operations that a plain call begins, where the client has asked for it. */
  async #invoke(
    method: RpcMethod,
    request: RpcRequest,
    context: RequestContext,
    sink: StreamSink,
  ): Promise<unknown> {
    if (!request.progress) return invokeMethod(method, request.params, context, sink);
    const relay = new OperationRelay((event) => sink.emit(event));
    try {
      return await relay.run(() => invokeMethod(method, request.params, context, sink));
    } finally {
      await relay.end();
    }
  }

  /** The one place where a failed request is logged; the caller has the reference to find it by. */
  #answerFailure(request: RpcRequest, error: BangerError, ref: string, reply: Reply): void {
    const level = error.kind === 'INTERNAL' ? 'error' : 'debug';
    this.#host.logger?.[level]({ err: error, method: request.method }, 'request failed');
    if (request.id === undefined) reply.none();
    else reply.answer(encodeFailure(request.id, error, ref));
  }

  /** Where nothing can be sent, a stream must still let the event loop turn: an eager generator would never. */
  #emit(id: RpcRequest['id'], value: unknown): Promise<void> | undefined {
    if (id === undefined) return new Promise(setImmediate);
    this.#output.write(encodeNext(id, value));
    if (!this.#output.congested && !this.#socket.destroyed) return undefined;
    return new Promise((resolve) =>
      this.#stopped ? setImmediate(resolve) : this.#roomWaiters.push(resolve),
    );
  }

  #cancel(id: unknown): void {
    if (typeof id !== 'string' && typeof id !== 'number') return;
    const context = this.#byId.get(id);
    if (context !== undefined) return context.abort(new CancelledError(context.what));
    const waiting = this.#queue.remove(id);
    waiting?.reply.answer(encodeFailure(id, new CancelledError(waiting.request.method), undefined));
  }

  /** Starts what can be started; reads on or stops reading as the client's backlog demands. */
  #regulate(): void {
    const { limits } = this.#host;
    while (!this.#stopped && this.#atWork.size < limits.maxInFlight && !this.#output.congested) {
      const waiting = this.#queue.shift();
      if (waiting === undefined) break;
      this.#start(waiting.request, waiting.reply);
    }
    const { congested } = this.#output;
    if (!congested) this.#releaseWaiters();
    if (congested || this.#queue.bytes > limits.maxQueuedBytes) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #releaseWaiters(): void {
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const release of waiters) release();
  }

  /** One timer for as long as lines are cut: re-arming it with each chunk would cost more than the chunk. */
  #watchPartialLine(): void {
    if (this.#framer.partialBytes === 0 || this.#partialTimer !== undefined) return;
    const { partialLineTimeoutMs } = this.#host.limits;
    const linesBefore = this.#linesRead;
    this.#partialTimer = setTimeout(() => {
      this.#partialTimer = undefined;
      if (this.#framer.partialBytes === 0) return;
      if (this.#linesRead !== linesBefore || this.#socket.isPaused()) return this.#watchPartialLine();
      this.#disconnect(new LimitExceededError('milliseconds for one line', partialLineTimeoutMs));
    }, partialLineTimeoutMs).unref();
  }

  #becomeChannel(request: RpcRequest): void {
    this.#socket.off('data', this.#receive);
    this.#socket.pause();
    this.#stop(new CancelledError('the request'));
    this.#host.acceptChannel(this.#socket, asRecord(request.params)['token'], this.#framer.takeRest());
  }

  #overflow(): void {
    this.#host.logger?.warn(
      { connection: this.#info.id },
      'client disconnected: it does not read its answers',
    );
    this.#socket.destroy();
  }

  /** Says why, as an error without an id, and closes. */
  #disconnect(error: BangerError): void {
    this.#output.write(encodeFailure(null, error, undefined));
    this.#stop(new CancelledError('the request of a client that broke a limit'));
    this.#output.flush();
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), FAREWELL_MS).unref();
  }

  #stop(reason: CancelledError): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#partialTimer);
    this.#socket.off('data', this.#receive);
    this.#queue.clear();
    for (const context of this.#atWork) context.abort(reason);
    this.#releaseWaiters();
  }
}
