-- CreateTable
CREATE TABLE "Session" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "vmId" TEXT NOT NULL,
    "guestName" TEXT NOT NULL,
    "name" TEXT,
    "command" JSONB NOT NULL,
    "cwd" TEXT NOT NULL,
    "terminal" BOOLEAN NOT NULL,
    "stdin" BOOLEAN NOT NULL,
    "timeoutSeconds" INTEGER,
    "onExit" TEXT,
    "exitHandled" BOOLEAN NOT NULL DEFAULT false,
    "state" TEXT NOT NULL,
    "exitCode" INTEGER,
    "signal" TEXT,
    "timedOut" BOOLEAN NOT NULL DEFAULT false,
    "reason" TEXT,
    "stdoutBytes" BIGINT NOT NULL DEFAULT 0,
    "stderrBytes" BIGINT NOT NULL DEFAULT 0,
    "droppedBytes" BIGINT NOT NULL DEFAULT 0,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "endedAt" DATETIME,
    CONSTRAINT "Session_vmId_fkey" FOREIGN KEY ("vmId") REFERENCES "Vm" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateIndex
CREATE UNIQUE INDEX "Session_vmId_guestName_key" ON "Session"("vmId", "guestName");

-- CreateIndex
CREATE UNIQUE INDEX "Session_vmId_name_key" ON "Session"("vmId", "name");
