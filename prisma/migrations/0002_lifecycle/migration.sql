-- Rows of earlier versions have no labels and no published ports.
-- RedefineTables
PRAGMA defer_foreign_keys=ON;
CREATE TABLE "new_Vm" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "imageId" TEXT NOT NULL,
    "cpus" INTEGER NOT NULL,
    "memoryMib" INTEGER NOT NULL,
    "diskMib" INTEGER NOT NULL,
    "workDiskMib" INTEGER,
    "diskBackend" TEXT NOT NULL DEFAULT 'qcow2',
    "env" JSONB NOT NULL,
    "labels" JSONB NOT NULL,
    "publishedPorts" JSONB NOT NULL,
    "ttlSeconds" INTEGER,
    "expiresAt" DATETIME,
    "idleStopSeconds" INTEGER,
    "restartPolicy" TEXT NOT NULL DEFAULT 'no',
    "restarts" INTEGER NOT NULL DEFAULT 0,
    "restartAt" DATETIME,
    "ephemeral" BOOLEAN NOT NULL,
    "hypervisor" TEXT NOT NULL,
    "accelerator" TEXT,
    "mac" TEXT NOT NULL,
    "machineId" TEXT NOT NULL,
    "machine" JSONB,
    "sshPort" INTEGER,
    "uid" INTEGER,
    "hostKeyPublic" TEXT NOT NULL,
    "workspace" JSONB,
    "error" JSONB,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" DATETIME,
    "stoppedAt" DATETIME,
    CONSTRAINT "Vm_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
INSERT INTO "new_Vm" ("labels", "publishedPorts", "accelerator", "cpus", "createdAt", "diskMib", "env", "ephemeral", "error", "hostKeyPublic", "hypervisor", "id", "imageId", "mac", "machine", "machineId", "memoryMib", "name", "sshPort", "startedAt", "state", "uid", "workspace") SELECT '{}', '[]', "accelerator", "cpus", "createdAt", "diskMib", "env", "ephemeral", "error", "hostKeyPublic", "hypervisor", "id", "imageId", "mac", "machine", "machineId", "memoryMib", "name", "sshPort", "startedAt", "state", "uid", "workspace" FROM "Vm";
DROP TABLE "Vm";
ALTER TABLE "new_Vm" RENAME TO "Vm";
CREATE UNIQUE INDEX "Vm_name_key" ON "Vm"("name");
CREATE INDEX "Vm_imageId_idx" ON "Vm"("imageId");
PRAGMA defer_foreign_keys=OFF;
