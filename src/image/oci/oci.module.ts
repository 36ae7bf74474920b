import { Module } from '@nestjs/common';
import { DownloadModule } from '../download/download.module.js';
import { DiskLayerCache } from './layer-cache.adapter.js';
import { LayerCache } from './layer-cache.js';
import { OciSource } from './oci-source.js';
import { RegistryCredentials } from './registry-credentials.js';

/** Images from registries. Needs Config, Clock, ProcessRunner and the logger from global modules. */
@Module({
  imports: [DownloadModule],
  providers: [{ provide: LayerCache, useClass: DiskLayerCache }, RegistryCredentials, OciSource],
  exports: [OciSource, LayerCache],
})
export class OciModule {}
