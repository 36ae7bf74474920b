/** What a document says that is not what it has to be; becomes the reason of a refusal. */
export class DocumentProblem extends Error {}

export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws DocumentProblem */
export function parseDocument(content: Buffer): JsonObject {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch {
    throw new DocumentProblem('it is not JSON');
  }
  return objectIn({ document }, 'document');
}

/** @throws DocumentProblem, as all of these */
export function objectIn(holder: JsonObject, key: string): JsonObject {
  const value = own(holder, key);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new DocumentProblem(`"${key}" is no object`);
  return value as JsonObject;
}

export function optionalObject(holder: JsonObject, key: string): JsonObject {
  return isAbsent(own(holder, key)) ? {} : objectIn(holder, key);
}

export function textIn(holder: JsonObject, key: string, max: number): string {
  const value = own(holder, key);
  if (typeof value !== 'string') throw new DocumentProblem(`"${key}" is no text`);
  return checkText(value, key, max);
}

/** Empty when it is missing. */
export function optionalText(holder: JsonObject, key: string, max: number): string {
  return isAbsent(own(holder, key)) ? '' : textIn(holder, key, max);
}

export function objectsIn(holder: JsonObject, key: string, max: number): JsonObject[] {
  const items = listIn(holder, key, max);
  return items.map((_, index) => objectIn(items as unknown as JsonObject, String(index)));
}

/** None when it is missing. */
export function textsIn(holder: JsonObject, key: string, max: { items: number; length: number }): string[] {
  if (isAbsent(own(holder, key))) return [];
  return listIn(holder, key, max.items).map((item) => {
    if (typeof item !== 'string') throw new DocumentProblem(`an element of "${key}" is no text`);
    return checkText(item, key, max.length);
  });
}

export function countIn(holder: JsonObject, key: string, max: number): number {
  const value = own(holder, key);
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max)
    throw new DocumentProblem(`"${key}" is no whole number from 0 to ${max}`);
  return value;
}

export function digestIn(holder: JsonObject, key: string): string {
  const digest = textIn(holder, key, 256);
  if (!/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new DocumentProblem(`"${key}" is no sha256 digest; banger knows no others`);
  return digest;
}

export function checkText(value: string, key: string, max: number): string {
  if (value.length > max) throw new DocumentProblem(`a text in "${key}" is longer than ${max} characters`);
  if (value.includes('\0')) throw new DocumentProblem(`a text in "${key}" contains a NUL`);
  return value;
}

function listIn(holder: JsonObject, key: string, max: number): unknown[] {
  const value = own(holder, key);
  if (!Array.isArray(value)) throw new DocumentProblem(`"${key}" is no array`);
  if (value.length > max)
    throw new DocumentProblem(`"${key}" has ${value.length} elements; more than ${max} are refused`);
  return value as unknown[];
}

function own(holder: JsonObject, key: string): unknown {
  return Object.hasOwn(holder, key) ? holder[key] : undefined;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
