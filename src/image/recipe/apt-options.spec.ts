import { expect, it } from 'vitest';
import { selectAptOptions } from './apt-options.js';

it('keeps what reaches and accepts the mirrors and leaves hooks and caches behind', () => {
  const dump = `APT "";
Acquire "";
Acquire::Check-Valid-Until "false";
Acquire::http "";
Acquire::http::Proxy "http://proxy.corp:3128";
Acquire::https::Verify-Peer "true";
Acquire::httpfoo "x";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::MetaKey "x";
DPkg::Post-Invoke:: "rm -rf /";
Dir::Cache::pkgcache "";
`;
  expect(selectAptOptions(dump)).toBe(`Acquire::Check-Valid-Until "false";
Acquire::http::Proxy "http://proxy.corp:3128";
Acquire::https::Verify-Peer "true";
`);
});
