import { Module } from '@nestjs/common';
import { DaemonFiles } from './daemon-files.adapter.js';

@Module({ providers: [DaemonFiles], exports: [DaemonFiles] })
export class DaemonFilesModule {}
