import { exitCodeOf, isErrorKind } from '../../../src/contract/errors.js';
import type { JsonSchema } from '../../../src/core/rpc/json-schema.js';
import type { OpenRpcDocument, OpenRpcMethod } from '../../../src/core/rpc/open-rpc.js';

const INTRODUCTION = `# The RPC interface

<!-- Generated from the method table; \`sh scripts/generate-docs.sh\` writes it, a unit test fails when it is stale. -->

banger's daemon speaks [JSON-RPC 2.0](https://www.jsonrpc.org/specification) on a Unix socket: one JSON object or batch per
line, UTF-8. Requests may be pipelined; answers come in the order in which they are ready. Params are objects.
\`rpc.discover\` answers this document as [OpenRPC](https://spec.open-rpc.org).

- **Correlation**: a request may have the extra member \`ref\` (1 to 64 of \`A-Z a-z 0-9 . _ : -\`). The daemon makes one up
  otherwise. It is on every log line that the request causes, and in the error's data.
- **Streams**: a streaming method sends its values as notifications \`{"method":"$/next","params":{"id":…,"value":…}}\` and
  ends with its response.
- **Progress**: a request of a plain call may have the extra member \`"progress":true\`. The operations that the call begins then
  show themselves before its response, as \`$/next\` notifications whose values are [OperationEvent](#operationevent)s with
  the member \`operation\`: first and last how it stands as a whole. It is cancelled by \`operation.cancel\`.
- **Cancel**: the notification \`{"method":"$/cancel","params":{"id":…}}\`. Closing the connection, or half of it, cancels all of its
  requests.
- **Null and absent** mean the same in params. Members that are not listed are refused.
- **Bounds**: a line of 4 MiB, 1,000 requests in a batch, 128 requests at work per connection (further ones wait), 30 s for
  a line from its first byte to its last. A client that does not read is not read from, and in the end disconnected.
- **Bytes** (\`vm.exec\`) travel on a second connection to the same socket. Its first line is
  \`{"jsonrpc":"2.0","method":"$/channel","params":{"token":"…"}}\` with the token of the grant, good for one connection within 30 s.
  Frames follow in both directions: u32 BE length of the payload (at most 65,536), u8 type, payload.

| type | frame | from | payload |
|---|---|---|---|
| 0 | stdin | client | bytes |
| 1, 2 | stdout, stderr | daemon | bytes |
| 3 | eof | both | u8 stream (0, 1, 2) |
| 4 | credit | both | u8 stream, u32 BE bytes that its sender may send in addition; each stream begins with none |
| 5 | resize | client | u16 BE columns, u16 BE rows |
| 6 | signal | client | name without SIG: \`INT\` |
| 7 | exit | daemon | JSON \`{"exitCode":…,"signal":…}\`, with \`"timedOut":true\` if its time was over; the last frame |
| 8 | error | daemon | JSON, the \`error\` member of a response; the last frame |
`;

/** docs/rpc.md: the OpenRPC document for people, with the comments of the contract's sources. */
export function renderRpcDocs(document: OpenRpcDocument, comments: ReadonlyMap<string, string>): string {
  const { schemas } = document.components;
  const paramsOnly = new Set(Object.keys(schemas).filter((name) => /(Params|Ref)$/.test(name)));
  const types = Object.entries(schemas).filter(([name]) => !paramsOnly.has(name));
  return [
    INTRODUCTION,
    '## Methods\n',
    ...document.methods.map((method) => renderMethod(method, schemas, comments)),
    '## Types\n',
    ...types.map(([name, schema]) => renderType(name, schema, comments)),
    renderErrors(document),
  ].join('\n');
}

function renderMethod(
  method: OpenRpcMethod,
  schemas: OpenRpcDocument['components']['schemas'],
  comments: ReadonlyMap<string, string>,
): string {
  const owner = Object.keys(schemas).find((name) => sameMembers(schemas[name], method));
  const rows = method.params.map(({ name, required, schema }) =>
    row(name, typeText(schema), required, owner === undefined ? '' : commentOf(owner, name, comments)),
  );
  return [
    `### \`${method.name}\`\n`,
    `${method.summary}\n`,
    ...(rows.length === 0 ? [] : [table(rows)]),
    ...(method['x-stream'] === undefined ? [] : [`Streams ${typeText(method['x-stream'].schema)}.`]),
    `Answers ${typeText(method.result.schema)}.\n`,
  ].join('\n');
}

function sameMembers(schema: JsonSchema | undefined, method: OpenRpcMethod): boolean {
  return (
    method.params.length > 0 &&
    method.params.every(({ name, schema: own }) => schema?.properties?.[name] === own) &&
    Object.keys(schema?.properties ?? {}).length === method.params.length
  );
}

function renderType(name: string, schema: JsonSchema, comments: ReadonlyMap<string, string>): string {
  const required = new Set(schema.required);
  const rows = Object.entries(schema.properties ?? {}).map(([field, type]) =>
    row(field, typeText(type), required.has(field), commentOf(name, field, comments)),
  );
  const about = comments.get(name);
  return [`### ${name}\n`, ...(about === undefined ? [] : [`${about}\n`]), table(rows)].join('\n');
}

/** A field's comment may stand on the class that it comes from. */
function commentOf(owner: string, field: string, comments: ReadonlyMap<string, string>): string {
  for (let name: string | undefined = owner; name !== undefined; name = comments.get(`${name}<`)) {
    const text = comments.get(`${name}.${field}`);
    if (text !== undefined) return text;
  }
  return '';
}

function typeText(schema: JsonSchema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.type === 'array') return `list of ${typeText(schema.items ?? {})}`;
  const values = schema['enum'];
  if (Array.isArray(values)) return values.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  return `${schema.type ?? 'any'}${boundsText(schema)}`;
}

function boundsText(schema: JsonSchema): string {
  const { minimum, maximum, minLength, maxLength, pattern } = schema;
  if (minimum !== undefined || maximum !== undefined) return ` ${boundText(minimum)}…${boundText(maximum)}`;
  if (minLength !== undefined || maxLength !== undefined)
    return `, length ${boundText(minLength)}…${boundText(maxLength)}`;
  return typeof pattern === 'string' ? `, \`/${pattern}/\`` : '';
}

function boundText(bound: unknown): string {
  return typeof bound === 'number' ? String(bound) : '';
}

function row(name: string, type: string, required: boolean, comment: string): string {
  const cells = [`\`${name}\`${required ? '' : '?'}`, type, comment].map((cell) =>
    cell.replaceAll('|', '\\|'),
  );
  return `| ${cells.join(' | ')} |`;
}

function table(rows: readonly string[]): string {
  return `| member | type | |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function renderErrors(document: OpenRpcDocument): string {
  const rows = Object.entries(document['x-error-kinds']).map(([kind, { category, code }]) => {
    const exit = isErrorKind(kind) ? exitCodeOf(kind) : '';
    return `| \`${kind}\` | ${category} | ${code} | ${exit} |`;
  });
  return `## Errors

An \`error\` has \`code\`, \`message\` and \`data\`: \`{kind, details, why?, fix?, ref?}\`. Switch on \`kind\`; the code follows from its category.
The protocol's own codes: -32700 for a line that is no JSON, -32600 for a malformed request (\`REQUEST_MALFORMED\`), -32601 for an
unknown method (\`METHOD_NOT_FOUND\`).

| kind | category | code | exit status of \`banger\` |
|---|---|---|---|
${rows.join('\n')}
`;
}
