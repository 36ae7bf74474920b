import { checkText, DocumentProblem, optionalObject, optionalText, parseDocument } from './json-document.js';
import type { JsonObject } from './json-document.js';
import { DOCKER_HUB } from './reference.js';

/** What one logs in to a registry with. Never written anywhere. */
export type Credential =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** exchanged for tokens by the registry's authorization server */
  | { readonly kind: 'identity-token'; readonly token: string };

export type FoundCredential =
  | { readonly credential: Credential }
  /** program `docker-credential-NAME`, and what it knows the registry as */
  | { readonly helper: string; readonly server: string };

const MAX_SECRET = 64 * 1024;
const MAX_ENTRIES = 1000;
/** what Docker has called its registry since its beginnings */
const HUB_KEY = 'https://index.docker.io/v1/';

/**
 * What Docker's `config.json` or Podman's `auth.json` has for a repository.
 * @throws DocumentProblem, which repeats nothing of the file
 */
export function findCredential(
  content: Buffer,
  registry: string,
  repository: string,
): FoundCredential | undefined {
  const config = parseDocument(content);
  const helper = helperFor(config, registry);
  if (helper !== undefined) return { helper, server: registry === DOCKER_HUB ? HUB_KEY : registry };
  const auths = optionalObject(config, 'auths');
  const names = Object.keys(auths).slice(0, MAX_ENTRIES);
  for (const wanted of candidates(registry, repository)) {
    const name = names.find((one) => normalized(one) === wanted);
    const credential = name === undefined ? undefined : readEntry(optionalObject(auths, name));
    if (credential !== undefined) return { credential };
  }
  return undefined;
}

function helperFor(config: JsonObject, registry: string): string | undefined {
  const helpers = optionalObject(config, 'credHelpers');
  const own = Object.keys(helpers).find((name) => normalized(name) === registry);
  const helper = own === undefined ? '' : optionalText(helpers, own, 64);
  const store = helper === '' ? optionalText(config, 'credsStore', 64) : helper;
  if (store === '') return undefined;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(store))
    throw new DocumentProblem('it names a credential helper by what is no name of a program');
  return store;
}

/** Podman's file may have entries for paths; the longest that fits counts. */
function candidates(registry: string, repository: string): string[] {
  const parts = repository.split('/');
  const paths = parts.map((_, index) => `${registry}/${parts.slice(0, parts.length - index).join('/')}`);
  return [...paths, registry];
}

/** `https://index.docker.io/v1/` is `docker.io`, `https://registry.example.org/v2/` is `registry.example.org`. */
function normalized(name: string): string {
  const bare = name
    .replace(/^https?:\/\//, '')
    .replace(/\/v[12]\/?$/, '')
    .replace(/\/$/, '');
  return ['index.docker.io', 'registry-1.docker.io'].includes(bare) ? DOCKER_HUB : bare;
}

function readEntry(entry: JsonObject): Credential | undefined {
  const token = optionalText(entry, 'identitytoken', MAX_SECRET);
  if (token !== '') return { kind: 'identity-token', token };
  const auth = optionalText(entry, 'auth', MAX_SECRET);
  if (auth === '') {
    const user = optionalText(entry, 'username', MAX_SECRET);
    return user === ''
      ? undefined
      : { kind: 'password', user, password: optionalText(entry, 'password', MAX_SECRET) };
  }
  const decoded = checkText(Buffer.from(auth, 'base64').toString('utf8'), 'auth', MAX_SECRET);
  const colon = decoded.indexOf(':');
  if (colon < 1) throw new DocumentProblem('an "auth" in it is not user and password in base64');
  return { kind: 'password', user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** What `docker-credential-NAME get` prints. @throws DocumentProblem */
export function parseHelperAnswer(content: Buffer): Credential | undefined {
  const answer = parseDocument(content);
  const user = optionalText(answer, 'Username', MAX_SECRET);
  const secret = optionalText(answer, 'Secret', MAX_SECRET);
  if (secret === '') return undefined;
  return user === '<token>'
    ? { kind: 'identity-token', token: secret }
    : { kind: 'password', user, password: secret };
}
