import { expect, it } from 'vitest';
import { detailOf } from './mmdebstrap.js';

it.each([
  ['Unpacking git (1:2.39.5-0+deb12u3) ...', 'unpacking git'],
  ['Setting up libc6:amd64 (2.36-9+deb12u13) ...', 'setting up libc6'],
  [
    'Get:12 http://deb.example.org/debian bookworm/main amd64 curl amd64 7.88.1-10 [315 kB]',
    'downloading curl',
  ],
  ['I: extracting archives...', 'extracting archives'],
  ['Reading package lists...', undefined],
  ['rm -f "$1"/etc/ssh/ssh_host_*', undefined],
])('shows of %j: %j', (line, detail) => {
  expect(detailOf(line)).toBe(detail);
});
