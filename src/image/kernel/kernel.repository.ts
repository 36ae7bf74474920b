import { Injectable } from '@nestjs/common';
import type { KernelSourceView } from '../../contract/index.js';
import { Database, Prisma } from '../../core/database/index.js';
import { SUPERSEDED_MARK, supersededName } from '../metadata/image-name.js';

const WITH_IMAGES = { images: { select: { name: true }, orderBy: { name: 'asc' } } } as const;

/** Row of a kernel together with the names of the images that it was put into. */
export type KernelRow = Prisma.KernelGetPayload<{ include: { images: { select: { name: true } } } }>;

export interface NewKernel {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly source: KernelSourceView;
  /** `bytes` */
  readonly allocatedBytes: number;
}

/** The kernels' rows. A name is always that of the newest. */
@Injectable()
export class KernelRepository {
  constructor(private readonly database: Database) {}

  list(): Promise<KernelRow[]> {
    return this.database.client.kernel.findMany({ include: WITH_IMAGES, orderBy: { name: 'asc' } });
  }

  async find(nameOrId: string): Promise<KernelRow | undefined> {
    return this.#first({ OR: [{ id: nameOrId }, { name: nameOrId }] });
  }

  async findDigest(digest: string): Promise<KernelRow | undefined> {
    return this.#first({ digest });
  }

  /** In one step: the new one gets the name; an older one of that name keeps its images under another. */
  async insert(kernel: NewKernel): Promise<void> {
    const { client } = this.database;
    const { name } = kernel;
    const older = await client.kernel.findUnique({ where: { name }, select: { id: true } });
    const data = {
      ...kernel,
      allocatedBytes: BigInt(kernel.allocatedBytes),
      source: Object.fromEntries(Object.entries(kernel.source)),
    };
    const create = client.kernel.create({ data });
    if (older === null) {
      await create;
      return;
    }
    const renamed = client.kernel.update({
      where: { id: older.id },
      data: { name: supersededName(name, older.id) },
    });
    await client.$transaction([renamed, create]);
  }

  /** Those that a newer one has replaced and that no image has any more. */
  superseded(): Promise<KernelRow[]> {
    return this.database.client.kernel.findMany({
      where: { name: { contains: SUPERSEDED_MARK }, images: { none: {} } },
      include: WITH_IMAGES,
    });
  }

  /** False when an image has it: the database itself refuses, so that none can slip in between. Gone is success. */
  async remove(id: string): Promise<boolean> {
    try {
      await this.database.client.kernel.deleteMany({ where: { id } });
      return true;
    } catch (error) {
      if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2003') return false;
      throw error;
    }
  }

  async #first(where: Prisma.KernelWhereInput): Promise<KernelRow | undefined> {
    return (await this.database.client.kernel.findFirst({ where, include: WITH_IMAGES })) ?? undefined;
  }
}
