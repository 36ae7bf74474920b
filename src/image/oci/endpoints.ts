import type { ConfigValues } from '../../core/config/index.js';
import { isLoopback } from '../download/loopback.js';
import { DOCKER_HUB } from './reference.js';
import type { OciReference } from './reference.js';

/** A server that an image may be had from. */
export interface Endpoint {
  /** what it is called in messages, and what one logs in to */
  readonly registry: string;
  /** `host` or `host:port` */
  readonly host: string;
  readonly repository: string;
  /** undefined when that is to be found out: TLS, or plain http where it does not speak it */
  readonly scheme?: 'https' | 'http';
  /** who may hear a password in plain text: nobody, who listens on this host's loopback, or anybody on the way */
  readonly plain: 'never' | 'loopback' | 'anywhere';
}

/** Mirrors first, the registry itself last. */
export function endpointsOf(
  { registry, repository }: OciReference,
  { mirrors, insecure }: ConfigValues['registries'],
): Endpoint[] {
  const named = Object.hasOwn(mirrors, registry) ? (mirrors[registry] ?? []) : [];
  return [
    ...named.map((url) => mirrorEndpoint(url, repository)),
    ownEndpoint(registry, repository, insecure),
  ];
}

function mirrorEndpoint(address: string, repository: string): Endpoint {
  const url = new URL(address);
  const prefix = url.pathname.replace(/^\//, '').replace(/\/$/, '');
  return {
    registry: url.host,
    host: url.host,
    repository: prefix === '' ? repository : `${prefix}/${repository}`,
    ...(url.protocol === 'http:'
      ? { scheme: 'http', plain: 'anywhere' }
      : { scheme: 'https', plain: 'never' }),
  };
}

function ownEndpoint(registry: string, repository: string, insecure: readonly string[]): Endpoint {
  const host = registry === DOCKER_HUB ? 'registry-1.docker.io' : registry;
  const own = { registry, host, repository };
  if (insecure.includes(registry)) return { ...own, plain: 'anywhere' };
  return isLoopback(registry.replace(/:\d+$/, ''))
    ? { ...own, plain: 'loopback' }
    : { ...own, scheme: 'https', plain: 'never' };
}

/** Whether the server that hands out tokens may be asked there. */
export function isRealmAllowed({ plain }: Endpoint, realm: URL): boolean {
  if (realm.username !== '' || realm.password !== '') return false;
  if (realm.protocol === 'https:') return true;
  if (realm.protocol !== 'http:') return false;
  return plain === 'anywhere' || (plain === 'loopback' && isLoopback(realm.hostname));
}
