import { Module } from '@nestjs/common';
import { Documents } from './documents.js';
import { Downloads } from './downloads.js';
import { HttpClient } from './http-client.js';
import { HttpDownloads } from './http-downloads.adapter.js';
import { DEFAULT_PATIENCE, PATIENCE } from './patience.js';
import { UndiciHttpClient } from './undici-http-client.adapter.js';

/** What is fetched by HTTP. Needs Clock from its global module. */
@Module({
  providers: [
    { provide: PATIENCE, useValue: DEFAULT_PATIENCE },
    { provide: HttpClient, useClass: UndiciHttpClient },
    { provide: Downloads, useClass: HttpDownloads },
    Documents,
  ],
  exports: [Downloads, Documents],
})
export class DownloadModule {}
