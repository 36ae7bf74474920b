import { Module } from '@nestjs/common';
import { BuildFiles } from '../build/build-files.js';
import { DiskBuildFiles } from '../build/build-files.adapter.js';

/** What the check of images looks through. Apart from ImageModule, so that doctor runs without a daemon. */
@Module({ providers: [{ provide: BuildFiles, useClass: DiskBuildFiles }], exports: [BuildFiles] })
export class ImageDoctorModule {}
