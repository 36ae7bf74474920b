import { Injectable } from '@nestjs/common';
import { Database, Prisma } from '../../core/database/index.js';
import { ImageNotFoundError } from '../image.errors.js';
import { nameOf, SUPERSEDED_MARK, supersededName } from '../metadata/image-name.js';
import type { ImageRow, NewImage } from '../image.types.js';

const WITH_VMS = {
  vms: { select: { name: true }, orderBy: { name: 'asc' } },
  kernel: { select: { name: true } },
} as const;

/** The images' rows. A name is always that of the newest build. */
@Injectable()
export class ImageRepository {
  constructor(private readonly database: Database) {}

  list(): Promise<ImageRow[]> {
    return this.database.client.image.findMany({ include: WITH_VMS, orderBy: { name: 'asc' } });
  }

  async find(nameOrId: string): Promise<ImageRow | undefined> {
    const rows = await this.database.client.image.findMany({
      where: { OR: [{ id: nameOrId }, { name: nameOf(nameOrId) }] },
      include: WITH_VMS,
    });
    return rows.find(({ id }) => id === nameOrId) ?? rows[0];
  }

  /** @throws ImageNotFoundError */
  async require(nameOrId: string): Promise<ImageRow> {
    const row = await this.find(nameOrId);
    if (row !== undefined) return row;
    throw new ImageNotFoundError(
      nameOrId,
      (await this.list()).map(({ name }) => name),
    );
  }

  /** In one step: the new image gets the name; an older one of that name keeps its VMs under another. */
  async insert(image: NewImage): Promise<void> {
    const { client } = this.database;
    const older = await client.image.findUnique({ where: { name: image.name }, select: { id: true } });
    // another may have taken the name of its kernel meanwhile, and nobody had the old one yet
    const kernelId = await this.#kernelThere(image.kernelId);
    const create = client.image.create({ data: rowOf({ ...image, kernelId }) });
    if (older === null) {
      await create;
      return;
    }
    const name = supersededName(image.name, older.id);
    await client.$transaction([client.image.update({ where: { id: older.id }, data: { name } }), create]);
  }

  async #kernelThere(id: string | undefined): Promise<string | undefined> {
    if (id === undefined) return undefined;
    return (await this.database.client.kernel.count({ where: { id } })) > 0 ? id : undefined;
  }

  /** Enters one that exists already. The name stays with the image that has it now. */
  async register(image: NewImage): Promise<void> {
    const taken = (await this.database.client.image.count({ where: { name: image.name } })) > 0;
    await this.database.client.image.create({
      data: rowOf({
        ...image,
        name: taken ? supersededName(image.name, image.id) : image.name,
      }),
    });
  }

  /** @param seedKey fingerprint of the key that its work seed lets in */
  async setSeedKey(id: string, seedKey: string): Promise<void> {
    await this.database.client.image.updateMany({ where: { id }, data: { seedKey } });
  }

  superseded(): Promise<ImageRow[]> {
    return this.database.client.image.findMany({
      where: { name: { contains: SUPERSEDED_MARK }, vms: { none: {} } },
      include: WITH_VMS,
    });
  }

  /** False when a VM stands on it: the database itself refuses, so that none can slip in between. Gone is success. */
  async remove(id: string): Promise<boolean> {
    try {
      await this.database.client.image.deleteMany({ where: { id } });
      return true;
    } catch (error) {
      if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2003') return false;
      throw error;
    }
  }
}

function rowOf({
  kernelId,
  source,
  metadata,
  seedKey,
  reference: _inManifest,
  ...image
}: NewImage): Prisma.ImageUncheckedCreateInput {
  return {
    ...image,
    diskBytes: BigInt(image.diskBytes),
    allocatedBytes: BigInt(image.allocatedBytes),
    bootArguments: [...image.bootArguments],
    kernelId: kernelId ?? null,
    seedKey: seedKey ?? null,
    source: Object.fromEntries(Object.entries(source)),
    ...(metadata !== undefined && { metadata: Object.fromEntries(Object.entries(metadata)) }),
  };
}
