/** One message of QEMU's machine protocol; the guest agent speaks the same, without greeting and events. */
export type QmpMessage =
  | { readonly type: 'greeting' }
  | { readonly type: 'return'; readonly id: number | undefined; readonly value: unknown }
  | {
      readonly type: 'error';
      readonly id: number | undefined;
      readonly errorClass: string;
      readonly reason: string;
    }
  | { readonly type: 'event'; readonly name: string; readonly data: unknown };

const MAX_REASON_LENGTH = 1_000;

/** Undefined for whatever is no message. The text may come from a hostile guest: every member is checked. */
export function parseQmpMessage(line: string): QmpMessage | undefined {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(message)) return undefined;
  const id = typeof message['id'] === 'number' ? message['id'] : undefined;
  if ('return' in message) return { type: 'return', id, value: message['return'] };
  if (isRecord(message['error'])) {
    const { class: errorClass, desc } = message['error'];
    return { type: 'error', id, errorClass: text(errorClass), reason: text(desc) };
  }
  if (typeof message['event'] === 'string') {
    return { type: 'event', name: text(message['event']), data: message['data'] };
  }
  return isRecord(message['QMP']) ? { type: 'greeting' } : undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_REASON_LENGTH) : '(no text)';
}
