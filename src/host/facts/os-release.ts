/** The two fields of os-release(5) that banger looks at. By hand: a quoted string per line, no library is smaller. */
export function parseOsRelease(text: string): { id: string; name: string } {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([A-Z0-9_]+)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S*))\s*$/.exec(line);
    if (match?.[1] === undefined) continue;
    fields.set(match[1], match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? match[4] ?? '');
  }
  const id = fields.get('ID') ?? '';
  return { id, name: fields.get('PRETTY_NAME') ?? fields.get('NAME') ?? id };
}
