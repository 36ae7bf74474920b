import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';

export const OCI = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
};

export interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export function sha256(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** A tar archive of one file, by hand. */
export function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\0', 257);
  header.write('00', 263);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}

/** An OCI layout on disk, made of small images. */
export class ImageLayout {
  readonly #tagged: object[] = [];

  constructor(readonly directory: string) {
    mkdirSync(join(directory, 'blobs', 'sha256'), { recursive: true });
    writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  }

  blob(mediaType: string, content: Buffer): Blob {
    const digest = sha256(content);
    writeFileSync(join(this.directory, 'blobs', digest.replace(':', '/')), content);
    return { mediaType, digest, size: content.length };
  }

  json(mediaType: string, document: object): Blob {
    return this.blob(mediaType, Buffer.from(JSON.stringify(document)));
  }

  /** One manifest with its layers and configuration. */
  image(
    layers: readonly { tar: Buffer; compression: 'none' | 'gzip' | 'zstd' }[],
    platform: { os?: string; architecture?: string } = {},
  ): Blob {
    const descriptors = layers.map(({ tar, compression }) => {
      if (compression === 'none') return this.blob(OCI.layer, tar);
      const packed = compression === 'gzip' ? gzipSync(tar) : zstdCompressSync(tar);
      return this.blob(`${OCI.layer}+${compression}`, packed);
    });
    const config = this.json(OCI.config, {
      architecture: platform.architecture ?? 'amd64',
      os: platform.os ?? 'linux',
      created: '2026-01-02T03:04:05Z',
      config: { Env: ['PATH=/usr/bin:/bin', 'BARE'], User: 'ada', WorkingDir: '/srv', Cmd: ['/bin/sh'] },
      rootfs: { type: 'layers', diff_ids: layers.map(({ tar }) => sha256(tar)) },
    });
    return this.json(OCI.manifest, {
      schemaVersion: 2,
      mediaType: OCI.manifest,
      config,
      layers: descriptors,
    });
  }

  /** Gives it a name within the layout; returns what skopeo calls it. */
  tag(blob: Blob, name: string): string {
    this.#tagged.push({ ...blob, annotations: { 'org.opencontainers.image.ref.name': name } });
    writeFileSync(
      join(this.directory, 'index.json'),
      JSON.stringify({ schemaVersion: 2, manifests: this.#tagged }),
    );
    return `oci:${this.directory}:${name}`;
  }
}
