import { ImageReferenceInvalidError } from './oci.errors.js';

/** Name of an image in a registry. */
export interface OciReference {
  /** `name` or `name:port`, in lower case */
  readonly registry: string;
  /** components by `/`, in lower case */
  readonly repository: string;
  /** `latest` when neither tag nor digest was named */
  readonly tag?: string;
  /** `sha256:HEX`; comes before the tag */
  readonly digest?: string;
}

export const DOCKER_HUB = 'docker.io';

const MAX_REFERENCE = 1024;
const MAX_REPOSITORY = 255;
/** the grammar of https://github.com/distribution/reference */
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const HOST =
  /^(?:\[[0-9a-fA-F:]{2,45}\]|(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*)(?::(\d{1,5}))?$/;

/** As Docker reads it: `debian` is `docker.io/library/debian:latest`. @throws ImageReferenceInvalidError */
export function parseReference(text: string): OciReference {
  const invalid = (reason: string): ImageReferenceInvalidError =>
    new ImageReferenceInvalidError(text.slice(0, MAX_REFERENCE), reason);
  if (text === '') throw invalid('it is empty');
  if (text.length > MAX_REFERENCE) throw invalid(`it is longer than ${MAX_REFERENCE} characters`);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    throw invalid('it is an address; the name of an image begins with that of the registry, without "://"');
  const { name, digest } = splitDigest(text);
  if (digest !== undefined && !DIGEST.test(digest))
    throw invalid('what follows the "@" is no digest "sha256:" with 64 digits of hexadecimal');
  const { path, tag } = splitTag(name);
  if (tag !== undefined && !TAG.test(tag))
    throw invalid(
      `"${tag.slice(0, 40)}" is no tag: letters, digits, "_", "." and "-", no more than 128 of them`,
    );
  const { registry, repository } = splitRegistry(path);
  if (!isRegistry(registry)) throw invalid(`"${registry.slice(0, 80)}" is no name of a registry`);
  if (repository.length > MAX_REPOSITORY)
    throw invalid(`its path is longer than ${MAX_REPOSITORY} characters`);
  const bad = repository.split('/').find((component) => !COMPONENT.test(component));
  if (bad !== undefined) throw invalid(componentProblem(bad));
  return {
    registry: registry.toLowerCase(),
    repository,
    ...(digest === undefined ? { tag: tag ?? 'latest' } : tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

/** `name` or `name:port`, as it may stand before the first `/`. */
export function isRegistry(text: string): boolean {
  const match = text.length <= 255 ? HOST.exec(text) : null;
  return match !== null && (match[1] === undefined || isPort(Number(match[1])));
}

/** In full, as it is shown and parsed again. */
export function formatReference({ registry, repository, tag, digest }: OciReference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** What an image is called here unless its user says otherwise: `debian:12`, and `debian` for the latest. */
export function localImageName({ repository, tag }: OciReference): string {
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  return tag === undefined || tag === 'latest' ? name : `${name}:${tag}`;
}

function splitDigest(text: string): { name: string; digest?: string } {
  const at = text.indexOf('@');
  return at === -1 ? { name: text } : { name: text.slice(0, at), digest: text.slice(at + 1) };
}

/** A colon before the last slash belongs to the port. */
function splitTag(name: string): { path: string; tag?: string } {
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  return colon === -1 ? { path: name } : { path: name.slice(0, colon), tag: name.slice(colon + 1) };
}

/** The first component is a registry when it looks like a host; else everything is a path at Docker's. */
function splitRegistry(path: string): { registry: string; repository: string } {
  const slash = path.indexOf('/');
  const first = path.slice(0, slash);
  const looksLikeHost = /[.:[]/.test(first) || first === 'localhost';
  if (slash === -1 || !looksLikeHost) return atDockerHub(path);
  const registry = first.toLowerCase();
  const repository = path.slice(slash + 1);
  return registry === DOCKER_HUB || registry === 'index.docker.io'
    ? atDockerHub(repository)
    : { registry: first, repository };
}

function atDockerHub(path: string): { registry: string; repository: string } {
  return { registry: DOCKER_HUB, repository: path.includes('/') ? path : `library/${path}` };
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

function componentProblem(component: string): string {
  if (component === '') return 'a part of its path is empty';
  const shown = JSON.stringify(component.slice(0, 80));
  return component !== component.toLowerCase() && COMPONENT.test(component.toLowerCase())
    ? `${shown} has capital letters, which no path in a registry has`
    : `${shown} is no part of a path: small letters and digits, with ".", "_" or "-" between them`;
}
