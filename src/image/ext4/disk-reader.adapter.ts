import { open } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { Disks } from './disk-reader.js';
import type { DiskReader } from './disk-reader.js';
import { Ext4Fault } from './ext4-fault.js';

@Injectable()
export class FileDisks extends Disks {
  override async open(path: string): Promise<DiskReader> {
    const handle = await open(path, 'r');
    const { size } = await handle.stat();
    return {
      size,
      close: () => handle.close(),
      read: async (offset, length) => {
        if (!Number.isSafeInteger(offset) || offset < 0 || offset + length > size)
          throw new Ext4Fault(`it points to byte ${offset}, beyond its end`);
        const buffer = Buffer.allocUnsafe(length);
        for (let done = 0; done < length;) {
          const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
          if (bytesRead === 0) throw new Ext4Fault('its file became shorter while it was read');
          done += bytesRead;
        }
        return buffer;
      },
    };
  }
}
