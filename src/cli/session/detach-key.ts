import { UsageError } from '../usage-error.js';

/** A key of the keyboard that a terminal sends as one byte. */
export interface Key {
  readonly byte: number;
}

/** `ctrl-]`, `ctrl-a`, `^P`. @throws UsageError */
export function parseKey(text: string): Key {
  const [, letter] = /^(?:ctrl-|\^)([A-Za-z@[\\\]^_])$/i.exec(text) ?? [];
  if (letter !== undefined) return { byte: letter.toUpperCase().charCodeAt(0) & 0x1f };
  throw new UsageError(
    `--detach-key ${JSON.stringify(text)} is no key that could be told apart`,
    'write ctrl- and a letter, or one of @[\\]^_, such as ctrl-]',
  );
}
