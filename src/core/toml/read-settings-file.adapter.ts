import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';

/** What came of reading a file: its text, nothing because there is none, or why it cannot be read. */
export type SettingsText =
  | { readonly text: string }
  | { readonly missing: true }
  | { readonly problem: string; readonly cause?: unknown };

/** /dev/null, which people name to say "no file" */
const NULL_DEVICE = 0x103;

/**
 * Reads a small text file whatever may be at its path: what is no file of text is a problem, told in words; nothing
 * blocks, and no more than `maxBytes` is read.
 */
export function readSettingsFile(path: string, maxBytes: number): SettingsText {
  let descriptor: number;
  try {
    // without O_NONBLOCK the opening of a pipe would wait for its writer
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return notOpened(path, error as NodeJS.ErrnoException);
  }
  try {
    const stats = fstatSync(descriptor);
    if (stats.isCharacterDevice() && stats.rdev === NULL_DEVICE) return { text: '' };
    if (!stats.isFile()) return { problem: `is ${describe(stats)}, not a file` };
    return readText(descriptor, maxBytes);
  } catch (error) {
    return { problem: `cannot be read: ${(error as Error).message}`, cause: error };
  } finally {
    closeSync(descriptor);
  }
}

function readText(descriptor: number, maxBytes: number): SettingsText {
  const buffer = Buffer.alloc(maxBytes + 1);
  let length = 0;
  for (let read = -1; read !== 0 && length < buffer.length; length += read) {
    read = readSync(descriptor, buffer, length, buffer.length - length, null);
  }
  if (length > maxBytes) return { problem: `is larger than ${maxBytes / 1024} KiB` };
  return decodeSettings(buffer.subarray(0, length));
}

/** The text of a file's bytes; a problem when they are none. */
export function decodeSettings(bytes: Uint8Array): SettingsText {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const nul = text.indexOf('\0');
    if (nul < 0) return { text };
    return { problem: `is no text: line ${lineOf(text, nul)} has a NUL byte` };
  } catch {
    return { problem: 'is no text in UTF-8' };
  }
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function notOpened(path: string, error: NodeJS.ErrnoException): SettingsText {
  const { code } = error;
  if (code === 'ENOENT') {
    return isLink(path) ? { problem: 'is a link to nothing', cause: error } : { missing: true };
  }
  if (code === 'ENXIO') return { problem: 'is a socket, not a file', cause: error };
  if (code === 'ENOTDIR')
    return { problem: 'cannot be there: a part of its path is no directory', cause: error };
  if (code === 'ELOOP') return { problem: 'is a link that leads back to itself', cause: error };
  if (code === 'EACCES' || code === 'EPERM') return { problem: 'may not be read by this user', cause: error };
  return { problem: `cannot be read: ${error.message}`, cause: error };
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

function describe(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}
