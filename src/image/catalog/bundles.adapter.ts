import { Injectable } from '@nestjs/common';
import { BangerError, cancellation, DiskFullError, isDiskFull } from '../../core/errors/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import { SparseMapError } from '../archive/sparse-map.js';
import { ZstdFrameError } from '../archive/zstd-frame.js';
import type { BundleManifest } from './bundle-manifest.js';
import { Bundles } from './bundles.js';
import type { BundleSource, OpenBundle, OpenBundleOptions, WriteBundleRequest } from './bundles.js';
import { BundleInvalidError } from './catalog.errors.js';
import { DocumentProblem } from './json-checks.js';
import { openBundle, unpackBundle } from './read-bundle.adapter.js';
import { writeBundle } from './write-bundle.adapter.js';

@Injectable()
export class DiskBundles extends Bundles {
  constructor(private readonly runner: ProcessRunner) {
    super();
  }

  override async write(request: WriteBundleRequest): Promise<BundleManifest> {
    const { image, signal } = request;
    return writeBundle(request, this.runner).catch((error: unknown) => {
      throw explain(error, { bundle: `of ${image.name}`, directory: image.name, signal });
    });
  }

  override async open<T>(
    source: BundleSource,
    options: OpenBundleOptions,
    use: (bundle: OpenBundle) => Promise<T>,
  ): Promise<T> {
    const bundle = typeof source === 'string' ? source : source.name;
    const { signal } = options;
    return openBundle(source, options, (manifest, reader) =>
      use({
        manifest,
        unpack: (request) =>
          unpackBundle(reader, manifest, request).catch((error: unknown) => {
            throw explain(error, { bundle, directory: request.into, signal });
          }),
      }),
    ).catch((error: unknown) => {
      throw explain(error, { bundle, directory: bundle, signal });
    });
  }
}

const ANOTHER_FILE =
  'name a file that banger image export has written, and copy or download it again if it is one';

interface Facts {
  readonly bundle: string;
  /** where its bytes or files go */
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** Of a stream that zstd made, by the codes of Node's binding. */
const DECOMPRESSION: Readonly<Record<string, { reason: string; fix?: string }>> = {
  Z_BUF_ERROR: { reason: 'it ends before it is whole' },
  ZSTD_error_frameParameter_windowTooLarge: {
    reason: 'it wants more memory than a bundle may',
    fix: 'compress it without --long and --ultra, or have it exported by banger again',
  },
};

function explain(error: unknown, { bundle, directory, signal }: Facts): unknown {
  if (error instanceof BangerError) return error;
  if (signal.aborted) return cancellation(signal, `the bundle ${bundle}`);
  if (isDiskFull(error)) return new DiskFullError(directory, error);
  if (error instanceof DocumentProblem)
    return new BundleInvalidError(bundle, { reason: error.message, fix: error.fix, cause: error });
  if (error instanceof ZstdFrameError)
    return new BundleInvalidError(bundle, { reason: error.message, fix: ANOTHER_FILE, cause: error });
  if (error instanceof SparseMapError)
    return new BundleInvalidError(bundle, { reason: `of a file in it, ${error.message}`, cause: error });
  const problem = problemOf(error as NodeJS.ErrnoException, bundle);
  return problem === undefined ? error : new BundleInvalidError(bundle, { ...problem, cause: error });
}

function problemOf(
  { code = '', path }: NodeJS.ErrnoException,
  bundle: string,
): { reason: string; fix?: string } | undefined {
  if (code.startsWith('ZSTD_error') || code in DECOMPRESSION)
    return DECOMPRESSION[code] ?? { reason: 'its compressed data are damaged' };
  if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR')
    return { reason: `there is no file ${path ?? bundle}`, fix: 'check the path' };
  if (code === 'ELOOP') return { reason: `${path ?? bundle} is a link`, fix: 'name the file itself' };
  return undefined;
}
