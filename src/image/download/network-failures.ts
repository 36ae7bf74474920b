import { DownloadFailedError } from './download.errors.js';

interface Explanation {
  readonly reason: string;
  readonly fix: string;
  readonly passing: boolean;
}

const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
]);
const BAD_CERTIFICATE = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** What the error of a connection means; its own text is not repeated, for it may contain what a server wrote. */
export function explainNetworkFailure(host: string, error: unknown): DownloadFailedError {
  if (error instanceof DownloadFailedError) return error;
  return new DownloadFailedError(host, { ...explain(host, codeOf(error)), cause: error });
}

/** Whether a server behind that port seems not to speak TLS, or nobody is there. */
export function saysNoTls(error: unknown): boolean {
  if (!(error instanceof DownloadFailedError)) return false;
  const code = codeOf(error.cause);
  return isTlsMismatch(code) || code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'UND_ERR_SOCKET';
}

function isTlsMismatch(code: string): boolean {
  return code === 'EPROTO' || code.startsWith('ERR_SSL_');
}

function codeOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // Node tries all addresses of a name; the first failure is as good as any
    const [first] = cause instanceof AggregateError ? (cause.errors as unknown[]) : [];
    if (first instanceof Error) return codeOf(first);
    // undici's own says less than what it has met
    if (typeof code === 'string' && !(code.startsWith('UND_ERR') && cause.cause instanceof Error))
      return code;
  }
  return '';
}

function explain(host: string, code: string): Explanation {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      reason: `the name ${host} could not be resolved`,
      fix: `check the name and this host's DNS (getent hosts ${host.replace(/:\d+$/, '')}); behind a proxy, start the daemon with HTTPS_PROXY set`,
      passing: code === 'EAI_AGAIN',
    };
  }
  if (code === 'ECONNREFUSED') {
    return {
      reason: 'nothing answers at that address: the connection was refused',
      fix: 'check the address and its port, and that the server runs',
      passing: true,
    };
  }
  if (['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'].includes(code)) {
    return {
      reason: 'this host has no way to it',
      fix: 'check the network of this host; behind a proxy, start the daemon with HTTPS_PROXY set',
      passing: true,
    };
  }
  if (['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', STALLED].includes(code)) {
    return {
      reason: 'it did not answer, or went silent, for longer than is waited for',
      fix: 'check the network of this host and try again: what has come already is kept; behind a proxy, start the daemon with HTTPS_PROXY set',
      passing: true,
    };
  }
  return explainTls(code) ?? explainRest(code);
}

function explainTls(code: string): Explanation | undefined {
  if (UNTRUSTED.has(code)) {
    return {
      reason: `its certificate is signed by nobody whom this host trusts (${code})`,
      fix: 'if an authority of your own has signed it, start the daemon with NODE_EXTRA_CA_CERTS=/path/of/its/certificate.pem',
      passing: false,
    };
  }
  if (BAD_CERTIFICATE.has(code)) {
    return {
      reason: `its certificate is not valid (${code})`,
      fix: "check this host's clock and the address; else those who run the server have to renew its certificate",
      passing: false,
    };
  }
  if (isTlsMismatch(code)) {
    return {
      reason: 'it does not speak TLS',
      fix: 'if it is a registry that is meant to be reached by plain http, name it in image.insecure_registries',
      passing: false,
    };
  }
  return undefined;
}

function explainRest(code: string): Explanation {
  if (code === 'UND_ERR_ABORTED' || code === 'UND_ERR_PRX_TLS') {
    return {
      reason: 'the proxy between did not connect to it',
      fix: 'check HTTP_PROXY, HTTPS_PROXY and NO_PROXY in the environment of the daemon',
      passing: false,
    };
  }
  return {
    reason: `the connection broke off${code === '' ? '' : ` (${code})`}`,
    fix: 'check the network of this host and try again: what has come already is kept',
    passing: true,
  };
}

/** Code of the error by which a silent connection is given up. */
export const STALLED = 'BANGER_STALLED';
