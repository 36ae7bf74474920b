import type { ImageMetadataView } from '../../contract/index.js';
import { readImageMetadata } from '../metadata/image-metadata.js';
import { DocumentProblem } from './json-checks.js';
import type { Table } from './json-checks.js';

/** As `readImageMetadata` bounds it when an image is pulled; a field that does not pass is a fault. @throws DocumentProblem */
export function readBundledMetadata(table: Table): ImageMetadataView {
  const { env, user, workdir, entrypoint, cmd, labels } = table.fields();
  if (typeof env !== 'object' || env === null || Array.isArray(env))
    throw new DocumentProblem(`"env" of ${table.what} is not an object`);
  const variables = Object.entries(env).map(([name, value]) =>
    // what is no text becomes no variable, which is told below
    typeof value === 'string' ? `${name}=${value}` : '',
  );
  const { metadata } = readImageMetadata({
    Env: variables,
    User: user,
    WorkingDir: workdir,
    Entrypoint: entrypoint,
    Cmd: cmd,
    Labels: labels,
  });
  const read = {
    env: { ...metadata.env },
    ...(metadata.user !== undefined && { user: metadata.user }),
    ...(metadata.workdir !== undefined && { workdir: metadata.workdir }),
    entrypoint: [...metadata.entrypoint],
    cmd: [...metadata.cmd],
    labels: { ...metadata.labels },
  };
  const lost =
    variables.length !== Object.keys(read.env).length ||
    read.user !== (user ?? undefined) ||
    read.workdir !== (workdir ?? undefined) ||
    [
      [read.entrypoint, entrypoint],
      [read.cmd, cmd],
    ].some(([one, given]) => JSON.stringify(one) !== JSON.stringify(given)) ||
    JSON.stringify(Object.entries(read.labels)) !== JSON.stringify(Object.entries(labels ?? {}));
  if (lost) throw new DocumentProblem(`${table.what} has a field that is not what it has to be`);
  return read;
}
