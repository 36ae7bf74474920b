import { Documents } from '../download/documents.js';
import type { HttpDocument } from '../download/documents.js';
import type { Challenge } from './challenge.js';
import type { Credential } from './docker-config.js';
import { isRealmAllowed } from './endpoints.js';
import type { Endpoint } from './endpoints.js';
import { optionalText, parseDocument } from './json-document.js';
import { RegistryDeniedError, RegistryFailedError } from './oci.errors.js';
import type { CredentialLookup } from './registry-credentials.js';

const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_TOKEN = 64 * 1024;
const CLIENT = 'banger';

interface Login {
  readonly endpoint: Endpoint;
  readonly lookup: CredentialLookup;
  readonly signal: AbortSignal;
}

/**
 * What to send as `Authorization` after a challenge.
 * @throws RegistryDeniedError, RegistryFailedError, and as `Documents.fetch`
 */
export async function authorize(documents: Documents, challenge: Challenge, login: Login): Promise<string> {
  const { endpoint, lookup } = login;
  const { credential, trouble } = lookup;
  if (challenge.scheme === 'bearer')
    return `Bearer ${readToken(await askRealm(documents, challenge, login), login)}`;
  if (credential?.kind === 'password') return basic(credential);
  throw new RegistryDeniedError(endpoint.registry, {
    reason: 'it asks for a user and a password, and there are none for it here',
    trouble,
  });
}

async function askRealm(
  documents: Documents,
  challenge: Challenge & { scheme: 'bearer' },
  { endpoint, lookup, signal }: Login,
): Promise<HttpDocument> {
  const realm = URL.parse(challenge.realm);
  if (realm === null || !isRealmAllowed(endpoint, realm)) {
    throw new RegistryFailedError(endpoint.registry, {
      reason: 'it sends those who log in to an address that is not safe to ask: no https, or none at all',
      fix: 'tell those who run the registry; one that is meant to work by plain http is named in image.insecure_registries',
    });
  }
  const { credential } = lookup;
  // what the registry wants to be asked for is its own affair: to read is all that is needed
  const scope = `repository:${endpoint.repository}:pull`;
  const service = challenge.service === undefined ? {} : { service: challenge.service };
  if (credential?.kind === 'identity-token') {
    const form = { grant_type: 'refresh_token', refresh_token: credential.token, client_id: CLIENT };
    return documents.fetch(
      {
        method: 'POST',
        url: realm.href,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ ...form, ...service, scope }).toString(),
        signal,
      },
      MAX_ANSWER_BYTES,
    );
  }
  for (const [name, value] of Object.entries({ ...service, scope, client_id: CLIENT }))
    realm.searchParams.set(name, value);
  const headers: Record<string, string> =
    credential === undefined ? {} : { authorization: basic(credential) };
  return documents.fetch({ url: realm.href, headers, signal }, MAX_ANSWER_BYTES);
}

function readToken(answer: HttpDocument, { endpoint, lookup }: Login): string {
  if (answer.status === 401 || answer.status === 403) {
    throw new RegistryDeniedError(endpoint.registry, {
      reason:
        lookup.credential === undefined
          ? 'it gives nobody who is not logged in a token for that image'
          : 'it does not accept the login that is stored for it here',
      trouble: lookup.trouble,
    });
  }
  const failure = (reason: string): RegistryFailedError =>
    new RegistryFailedError(endpoint.registry, { reason });
  if (answer.status !== 200)
    throw failure(`its authorization server answered with HTTP status ${answer.status}`);
  const token = tokenIn(answer.content);
  // it becomes part of a header
  if (!/^[\x21-\x7e]+$/.test(token)) throw failure('its authorization server sent no token');
  return token;
}

/** Empty when there is none that can be read. */
function tokenIn(content: Buffer): string {
  try {
    const document = parseDocument(content);
    return optionalText(document, 'token', MAX_TOKEN) || optionalText(document, 'access_token', MAX_TOKEN);
  } catch {
    return '';
  }
}

function basic({ user, password }: Credential & { kind: 'password' }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
