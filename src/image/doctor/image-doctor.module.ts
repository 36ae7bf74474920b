import { Module } from '@nestjs/common';
import { ImageFiles } from '../store/image-files.js';
import { DiskImageFiles } from '../store/image-files.adapter.js';

/** What the check of images looks through. Apart from ImageModule, so that doctor runs without a daemon. */
@Module({ providers: [{ provide: ImageFiles, useClass: DiskImageFiles }], exports: [ImageFiles] })
export class ImageDoctorModule {}
