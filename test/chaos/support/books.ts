import type { TestHost } from '../../support/test-host.js';

/** A row of `Vm`, as far as the oracle looks at it. */
export interface VmBook {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly sshPort: number | undefined;
  readonly uid: number | undefined;
  /** `22080`, `5353/udp`, as the ledger names them */
  readonly publishedPorts: readonly string[];
  /** pid of the VMM; undefined when the row knows of none */
  readonly vmmPid: number | undefined;
  readonly hasError: boolean;
}

export interface ResourceBook {
  readonly kind: string;
  readonly key: string;
  readonly ownerType: string;
  readonly ownerId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What the database says there is. */
export interface Books {
  readonly vms: readonly VmBook[];
  readonly images: readonly { readonly id: string; readonly name: string }[];
  readonly kernels: readonly { readonly id: string }[];
  /** those that are whole: the ledger has their place */
  readonly templates: readonly { readonly id: string }[];
  readonly resources: readonly ResourceBook[];
  readonly runningOperations: readonly {
    readonly id: string;
    readonly kind: string;
    readonly subjectName: string;
  }[];
  /** steps without an end of operations that have ended */
  readonly openSteps: readonly { readonly operationId: string; readonly name: string }[];
}

export function readBooks(host: TestHost): Books {
  return {
    vms: host.rows<Record<string, string | number | null>>('SELECT * FROM Vm').map(toVm),
    images: host.rows('SELECT id, name FROM Image'),
    kernels: host.rows('SELECT id FROM Kernel'),
    templates: host.rows(
      "SELECT ownerId AS id FROM LedgerEntry WHERE ownerType = 'template' AND key LIKE '%/templates/%'",
    ),
    resources: host
      .rows<ResourceBook & { data: string }>('SELECT kind, key, ownerType, ownerId, data FROM LedgerEntry')
      .map((row) => ({ ...row, data: JSON.parse(row.data) as Record<string, unknown> })),
    runningOperations: host.rows("SELECT id, kind, subjectName FROM Operation WHERE state = 'running'"),
    openSteps: host.rows(
      `SELECT operationId, name FROM OperationStep JOIN Operation ON Operation.id = operationId
       WHERE OperationStep.state = 'running' AND Operation.state <> 'running'`,
    ),
  };
}

function toVm(row: Record<string, string | number | null>): VmBook {
  const machine = json<{ process?: { pid?: number } }>(row['machine']);
  const ports = json<{ hostPort: number; protocol: string }[]>(row['publishedPorts']) ?? [];
  return {
    id: String(row['id']),
    name: String(row['name']),
    state: String(row['state']),
    sshPort: number(row['sshPort']),
    uid: number(row['uid']),
    publishedPorts: ports.map(({ hostPort, protocol }) =>
      protocol === 'tcp' ? String(hostPort) : `${hostPort}/${protocol}`,
    ),
    vmmPid: machine?.process?.pid,
    hasError: row['error'] !== null,
  };
}

function json<T>(value: string | number | null | undefined): T | undefined {
  return typeof value === 'string' ? (JSON.parse(value) as T) : undefined;
}

function number(value: string | number | null | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
