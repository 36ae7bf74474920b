import { suggest } from '../errors/index.js';
import { isTable, showValue } from './parse-toml.js';
import type { Field, Report, ValueType } from './value-types.js';

type FieldValue<F> = F extends Field<infer T> ? T : never;
type OptionalNames<F> = { [K in keyof F]: F[K] extends { readonly optional: true } ? K : never }[keyof F];
type TableValue<F> = { readonly [K in Exclude<keyof F, OptionalNames<F>>]: FieldValue<F[K]> } & {
  readonly [K in OptionalNames<F>]?: FieldValue<F[K]>;
};

export function listOf<T>(item: ValueType<T>, max: number): ValueType<readonly T[]> {
  const what = `an array of at most ${max}, each ${item.what}`;
  return {
    what,
    ...(item.fields !== undefined && { fields: item.fields }),
    read: (value, report) => {
      if (!Array.isArray(value)) return fail(report, `must be an array, not ${showValue(value)}`);
      if (value.length > max) return fail(report, `must have at most ${max} elements, not ${value.length}`);
      const items = value.map((one: unknown, index) =>
        item.read(one, (problem, path = [], suggestion) => report(problem, [index, ...path], suggestion)),
      );
      return items.every((one) => one !== undefined) ? items : undefined;
    },
    write: (items) => (items.length === 0 ? '[]' : `[${items.map((one) => item.write(one)).join(', ')}]`),
  };
}

/** A table of known keys. */
export function tableOf<const F extends Readonly<Record<string, Field<never> | Field<unknown>>>>(
  fields: F,
): ValueType<TableValue<F>> {
  const known = new Map(Object.entries(fields as Record<string, Field<unknown>>));
  return {
    what: `a table with ${[...known.keys()].join(', ')}`,
    fields,
    read: (value, report) => {
      if (!isTable(value)) return fail(report, `must be a table, not ${showValue(value)}`);
      const result: Record<string, unknown> = {};
      let complete = true;
      for (const [name, { optional }] of known) {
        if (Object.hasOwn(value, name) || optional === true) continue;
        report(`lacks the key ${name}`);
        complete = false;
      }
      for (const [name, content] of Object.entries(value)) {
        const within: Report = (problem, path = [], suggestion) =>
          report(problem, [name, ...path], suggestion);
        const field = known.get(name);
        if (field === undefined) within('is not a known key', [], suggest(name, [...known.keys()]));
        const read = field?.type.read(content, within);
        if (read === undefined) complete = false;
        else result[name] = read;
      }
      return complete ? (result as TableValue<F>) : undefined;
    },
    write: (value) => {
      const pairs = [...known].flatMap(([name, { type }]) => {
        const content = (value as Record<string, unknown>)[name];
        return content === undefined ? [] : [`${name} = ${type.write(content)}`];
      });
      return `{ ${pairs.join(', ')} }`;
    },
  };
}

/** A table whose keys are names that the user chooses. */
export function mapOf<T>(
  name: { readonly what: string; readonly pattern: RegExp },
  item: ValueType<T>,
  max: number,
): ValueType<Readonly<Record<string, T>>> {
  return {
    what: `a table of at most ${max}: ${name.what} = ${item.what}`,
    read: (value, report) => {
      if (!isTable(value)) return fail(report, `must be a table, not ${showValue(value)}`);
      const entries = Object.entries(value);
      if (entries.length > max) return fail(report, `must have at most ${max} keys, not ${entries.length}`);
      const read: [string, T][] = [];
      for (const [key, content] of entries) {
        const within: Report = (problem, path = []) => report(problem, [key, ...path]);
        const one = item.read(content, within);
        if (!name.pattern.test(key)) within(`is not ${name.what}`);
        else if (one !== undefined) read.push([key, one]);
      }
      return read.length === entries.length ? Object.fromEntries(read) : undefined;
    },
    write: (value) =>
      `{ ${Object.entries(value)
        .map(([key, one]) => `${JSON.stringify(key)} = ${item.write(one)}`)
        .join(', ')} }`,
  };
}

function fail(report: Report, problem: string): undefined {
  report(problem);
  return undefined;
}
