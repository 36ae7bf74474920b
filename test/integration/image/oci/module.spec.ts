import { Test } from '@nestjs/testing';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { ClockModule } from '../../../../src/core/clock/index.js';
import { ConfigModule } from '../../../../src/core/config/index.js';
import { LoggingModule } from '../../../../src/core/logging/index.js';
import { ProcessModule } from '../../../../src/core/process/index.js';
import { OciModule } from '../../../../src/image/oci/oci.module.js';
import { OciSource } from '../../../../src/image/oci/oci-source.js';
import { parseReference } from '../../../../src/image/oci/reference.js';
import { testConfig } from '../../../support/fakes/test-config.js';
import { FakeRegistry } from './support/fake-registry.js';
import { scratch } from './support/pull-bench.js';

it('the module puts together what pulls, and closes its connections', async () => {
  const config = await testConfig({ stateDirectory: await scratch() });
  const app = await Test.createTestingModule({
    imports: [
      ConfigModule.forConfig(config),
      LoggingModule.forLogger(pino({ enabled: false })),
      ClockModule,
      ProcessModule,
      OciModule,
    ],
  }).compile();
  await app.init();
  const registry = await FakeRegistry.start();
  const facts = { signal: new AbortController().signal, onProgress: () => undefined };
  const image = await app.get(OciSource, { strict: false }).fetch(parseReference(registry.image), facts);
  expect(image.layers).toHaveLength(2);
  await app.close();
  // by itself an idle one is closed after 4 s
  await expect.poll(() => registry.server.openConnections, { timeout: 2_000 }).toBe(0);
});
