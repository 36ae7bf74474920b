import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { BookReader } from '../../core/database/index.js';
import type { BookRows } from '../../core/database/index.js';
import { plural } from '../../core/plural.js';
import { HostProbe, ManyThingsCheck } from '../../host/index.js';
import type { Problem } from '../../host/index.js';

/** The database: there, whole, writable, and of a version that this banger can use. */
@Injectable()
export class DatabaseCheck extends ManyThingsCheck {
  readonly id = 'database';
  readonly title = 'database';

  constructor(
    private readonly config: Config,
    private readonly books: BookReader,
    private readonly probe: HostProbe,
  ) {
    super();
  }

  protected override async look(): Promise<{ looked: string; problems: Problem[] }> {
    const books = await this.books.read();
    if (books.state === 'damaged') return { looked: '', problems: [this.#damaged(books.reason)] };
    if (books.state === 'missing') return this.#missing();
    const { rows } = books;
    return { looked: describe(rows), problems: this.#problems(rows) };
  }

  #damaged(reason: string): Problem {
    const file = this.config.databasePath;
    return {
      status: 'fail',
      what: `${file} is damaged: ${reason}`,
      why: 'no daemon can start on it',
      fix: 'banger doctor --fix sets it aside and makes the books anew from what can still be read; disks are not touched',
      repairable: true,
    };
  }

  async #missing(): Promise<{ looked: string; problems: Problem[] }> {
    const lost = await this.probe.list(this.config.vmsDirectory);
    const looked = 'not made yet; the daemon makes it when it starts';
    if (lost.length === 0) return { looked, problems: [] };
    const what = `${this.config.databasePath} is gone, and there are directories of ${lost.length} VMs`;
    const fix = 'put it back from a copy, or let banger doctor --fix enter the VMs into a new one';
    return {
      looked,
      problems: [{ status: 'fail', what, why: 'no VM is known any more', fix, repairable: true }],
    };
  }

  #problems({ unknownMigrations, writable }: BookRows): Problem[] {
    const file = this.config.databasePath;
    const problems: Problem[] = [];
    if (unknownMigrations.length > 0)
      problems.push({
        status: 'fail',
        what: `${file} was made by a newer banger (${unknownMigrations.join(', ')})`,
        why: 'this one does not know what is in it, and does not start on it',
        fix: `use the newer banger, or put back a copy made before the upgrade (${file}.before-…)`,
        repairable: false,
      });
    if (!writable)
      problems.push({
        status: 'fail',
        what: `${file} cannot be written to`,
        why: 'no change can be recorded',
        fix: 'check its owner and mode, and whether its file system is mounted read-only',
        repairable: false,
      });
    return problems;
  }
}

function describe({ vms, images, missingMigrations }: BookRows): string {
  const waiting =
    missingMigrations === 0 ? '' : `; for the daemon's start: ${plural(missingMigrations, 'migration')}`;
  return `whole: ${plural(vms.length, 'VM')}, ${plural(images.length, 'image')}${waiting}`;
}
