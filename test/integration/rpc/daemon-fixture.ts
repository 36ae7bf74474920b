/** A daemon of its own process for tests that end one by a signal, or measure one. Argument: the socket's path. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JsonRpcServer } from '../../../src/core/rpc/index.js';
import { TEST_METHODS, TestController } from './test-methods.js';

class AppModule implements OnApplicationShutdown {
  onApplicationShutdown(): void {
    process.stdout.write('shut down\n');
  }
}
Module({ controllers: [TestController] })(AppModule);

const app = await NestFactory.createMicroservice(AppModule, {
  logger: false,
  strategy: new JsonRpcServer({ socketPath: process.argv[2] ?? '', methods: TEST_METHODS }),
});
app.enableShutdownHooks(['SIGTERM'], { useProcessExit: true });
await app.listen();
process.stdout.write('listening\n');
