import { expect, it, onTestFinished, vi } from 'vitest';
import type { OperationContext } from '../../../src/core/operations/index.js';
import { ImageRepository } from '../../../src/image/store/image.repository.js';
import { ImageRegistration } from '../../../src/image/index.js';
import { PackageFixture } from './fixture.js';
import { ImageHost } from './support.js';

it.each(['the row', 'the ledger'])(
  'images that the books have lost and a repair entered up to %s are deleted by no start, and by the next repair entered in full',
  async (upTo) => {
    const packages = await PackageFixture.make();
    onTestFinished(() => packages.remove());
    const host = await ImageHost.open({ buildHost: packages });
    onTestFinished(() => host.close());
    await host.build();
    const { id } = await host.images.get('debian');
    await host.database.client.image.delete({ where: { id } });
    await host.database.client.ledgerEntry.deleteMany({ where: { ownerId: id } });
    const registration = host.app.get(ImageRegistration, { strict: false });
    const warnings: string[] = [];
    const operation = {
      signal: new AbortController().signal,
      step: async (_kind: string, _title: string, body: (step: object) => Promise<void>) =>
        body({ detail: () => undefined }),
      warn: (message: string) => warnings.push(message),
    } as unknown as OperationContext;

    const images = host.app.get(ImageRepository, { strict: false });
    const next = upTo === 'the row' ? vi.spyOn(images, 'register') : vi.spyOn(host.ledger, 'make');
    next.mockRejectedValueOnce(new Error('the daemon ends here'));
    await registration.run(operation);
    expect(warnings).toEqual([expect.stringContaining('the daemon ends here')]);
    await host.images.reconcile();
    expect(await host.imageDirectory()).toEqual([id]);

    await registration.run(operation);
    expect(
      (await host.ledger.list()).filter(({ owner }) => owner.type === 'image').map(({ owner }) => owner.id),
    ).toEqual([id]);
    await host.images.require('debian');
  },
);
