import { Global, Module } from '@nestjs/common';
import { BookReader } from './book-reader.js';
import { SqliteBookReader } from './book-reader.adapter.js';

/** Reads the books without a daemon's database. Needs a provider of `Config` in a global module. */
@Global()
@Module({ providers: [{ provide: BookReader, useClass: SqliteBookReader }], exports: [BookReader] })
export class BookReaderModule {}
