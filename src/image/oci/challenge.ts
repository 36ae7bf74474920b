/** How a registry wants to be asked, from `WWW-Authenticate`. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service: string | undefined };

const MAX_HEADER = 8 * 1024;

/** Undefined of what is neither of the two, or too long. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  if (header === undefined || header.length > MAX_HEADER) return undefined;
  const [, scheme = '', rest = ''] = /^\s*([A-Za-z]+)(?:\s+(.*))?$/s.exec(header) ?? [];
  if (scheme.toLowerCase() === 'basic') return { scheme: 'basic' };
  if (scheme.toLowerCase() !== 'bearer') return undefined;
  const fields = readFields(rest);
  const realm = fields.get('realm');
  return realm === undefined ? undefined : { scheme: 'bearer', realm, service: fields.get('service') };
}

function readFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [, name = '', quoted, bare = ''] of text.matchAll(/([A-Za-z_]+)=(?:"([^"]*)"|([^\s",]+))/g))
    fields.set(name.toLowerCase(), quoted ?? bare);
  return fields;
}
