import { abortable } from '../../../core/concurrency/index.js';
import { cancellation } from '../../../core/errors/index.js';
import { GuestAgentError } from '../hypervisor.errors.js';
import type { TellOptions } from '../guest-channels.js';
import type { ByteSocket } from './byte-socket.js';
import { deadline } from './launch-attempt.js';
import { LineParser } from './line-parser.js';

/** The peer is the guest. */
const MAX_ANSWER_BYTES = 4096;

/**
 * Sends a guest's process `LENGTH`, a newline and the input, and waits for its answer: a line. The socket is closed then.
 * Bytes wait in it until the process reads them. @throws GuestAgentError, TimeoutError, CancelledError
 */
export async function tellGuest(
  socket: ByteSocket,
  input: Buffer,
  { vm, timeoutMs, signal }: TellOptions & { readonly vm: string },
): Promise<string> {
  const answer = Promise.withResolvers<string>();
  const fail = (why: string): void => answer.reject(new GuestAgentError(vm, why));
  const lines = new LineParser({ maxLineBytes: MAX_ANSWER_BYTES }, answer.resolve, () =>
    fail(`an answer of more than ${MAX_ANSWER_BYTES} bytes`),
  );
  using limit = deadline(timeoutMs, 'the answer of a process in the guest');
  try {
    socket.onData((chunk) => lines.push(chunk));
    void socket.closed.then(() => fail('the VMM closed the connection'));
    socket.send(`${input.length}\n`);
    socket.send(input);
    return await abortable(answer.promise, AbortSignal.any([signal, limit]), () =>
      signal.aborted ? cancellation(signal, 'telling the guest') : (limit.reason as Error),
    );
  } finally {
    socket.close();
  }
}
