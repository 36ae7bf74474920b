import { CATEGORY_CODES, ERROR_CATEGORIES } from '../../contract/errors.js';
import { CONTRACT_VERSION, VERSION } from '../../contract/index.js';
import { SchemaCollector } from './json-schema.js';
import type { JsonSchema } from './json-schema.js';
import type { MethodTable } from './rpc.decorator.js';

export interface OpenRpcMethod {
  readonly name: string;
  readonly summary: string;
  readonly paramStructure: 'by-name';
  readonly params: { name: string; required: boolean; schema: JsonSchema }[];
  readonly result: { name: string; schema: JsonSchema };
  /** values sent as `$/next` notifications before the response; absent for a plain call */
  readonly 'x-stream'?: { schema: JsonSchema };
}

/** https://spec.open-rpc.org, with two extensions: `x-stream` of a method and `x-error-kinds` of the whole. */
export interface OpenRpcDocument {
  readonly openrpc: '1.3.2';
  readonly info: { title: string; version: string; description: string };
  readonly methods: OpenRpcMethod[];
  readonly components: { schemas: Record<string, JsonSchema> };
  readonly 'x-error-kinds': Record<string, { category: string; code: number }>;
}

export function describeMethods(table: MethodTable): OpenRpcDocument {
  const schemas = new SchemaCollector();
  const methods = Object.entries(table).map(([name, definition]): OpenRpcMethod => {
    schemas.ofClass(definition.params);
    return {
      name,
      summary: definition.summary,
      paramStructure: 'by-name',
      params: describeParams(schemas.schemas[definition.params.name] ?? {}),
      result: { name: 'result', schema: schemas.ofShape(definition.result) },
      ...(definition.chunk !== undefined && { 'x-stream': { schema: schemas.ofShape(definition.chunk) } }),
    };
  });
  return {
    openrpc: '1.3.2',
    info: {
      title: 'banger',
      version: VERSION,
      description: `JSON-RPC 2.0 over a Unix socket, one object per line. Contract version ${CONTRACT_VERSION}.`,
    },
    methods,
    components: { schemas: schemas.schemas },
    'x-error-kinds': describeErrors(),
  };
}

function describeParams(schema: JsonSchema): OpenRpcMethod['params'] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {})
    .map(([name, member]) => ({ name, required: required.has(name), schema: member }))
    .toSorted((one, other) => Number(other.required) - Number(one.required));
}

function describeErrors(): OpenRpcDocument['x-error-kinds'] {
  const kinds = Object.entries(ERROR_CATEGORIES);
  return Object.fromEntries(
    kinds.map(([kind, category]) => [kind, { category, code: CATEGORY_CODES[category].rpcCode }]),
  );
}
