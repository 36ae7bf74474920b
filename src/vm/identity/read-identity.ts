import { extract } from 'tar-stream';

/** The text of one file of an identity archive; undefined when it is not in there, or the archive is damaged. */
export async function fileOfArchive(archive: Buffer, path: string): Promise<string | undefined> {
  const entries = extract();
  entries.end(archive);
  let found: string | undefined;
  try {
    for await (const entry of entries) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry) chunks.push(chunk as Uint8Array);
      if (entry.header.name === path) found = Buffer.concat(chunks).toString('utf8');
    }
  } catch {
    return undefined;
  }
  return found;
}
