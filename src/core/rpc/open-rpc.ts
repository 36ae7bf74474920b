import type { MethodTable } from './rpc.decorator.js';

export function describeMethods(table: MethodTable): object {
  return { openrpc: '1.3.2', methods: Object.keys(table) };
}
