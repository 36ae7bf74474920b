import { describe, expect, it } from 'vitest';
import { parseTcpTable, usedAddresses } from './tcp-table.js';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const SSH = { hostAddress: '127.0.0.1', hostPort: 22000 };
const WEB = { hostAddress: '0.0.0.0', hostPort: 8080 };

let count = 0;
function line(local: string, remote: string, state: string, inode = 0): string {
  return `   ${(count += 1)}: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0`;
}
const used = (lines: string[], own: number[] = []): unknown[] => [
  ...usedAddresses(parseTcpTable([HEAD, ...lines].join('\n')), [SSH, WEB], new Set(own)),
];
const port = (number: number): string => number.toString(16).toUpperCase().padStart(4, '0');
const at = (number: number): string => `0100007F:${port(number)}`;

describe('use of a VM by TCP', () => {
  it('is an established connection to its address; a listener is none', () => {
    expect(used([line(at(22000), '00000000:0000', '0A', 9)])).toEqual([]);
    expect(used([line(at(22000), at(50000), '01', 9)])).toEqual([SSH]);
    expect(used([line(`0A01A8C0:${port(8080)}`, `0B01A8C0:${port(50000)}`, '01', 9)])).toEqual([WEB]);
    expect(used([line(`0A01A8C0:${port(22000)}`, `0B01A8C0:${port(50000)}`, '01', 9)])).toEqual([]);
  });

  it('is also one that has just been closed, whichever end closed it', () => {
    expect(used([line(at(22000), at(50000), '06')])).toEqual([SSH]);
    expect(used([line(at(50000), at(22000), '06')])).toEqual([SSH]);
    const mapped = (number: number): string => `0000000000000000FFFF00000100007F:${port(number)}`;
    expect(used([line(mapped(50000), mapped(22000), '06')])).toEqual([SSH]);
  });

  it("is not the daemon's own connection, nor one of this host to the same port elsewhere", () => {
    const own = [line(at(22000), at(50000), '01', 9), line(at(50000), at(22000), '01', 77)];
    expect(used(own, [77])).toEqual([]);
    expect(used([...own, line(at(22000), at(50001), '01', 9)], [77])).toEqual([SSH]);
    // somebody else's, from the port that the daemon has to another place
    const elsewhere = line(at(50000), `0100007F:${port(22001)}`, '01', 77);
    expect(used([elsewhere, line(at(22000), at(50000), '01', 9)], [77])).toEqual([SSH]);
    expect(used([elsewhere, line(at(50000), at(22000), '01', 5)], [77])).toEqual([SSH]);
    expect(used([line(`0A01A8C0:${port(50000)}`, `08080808:${port(8080)}`, '01', 5)])).toEqual([]);
  });

  it('is nothing that the table does not say', () => {
    expect(parseTcpTable(`${HEAD}\nnonsense\n 1: x y 01\n 2: ${at(1)} ${at(2)} 01\n`)).toEqual([
      { local: { address: '127.0.0.1', port: 1 }, remote: { address: '127.0.0.1', port: 2 }, inode: 0 },
    ]);
  });
});
