-- Written by hand: the generator rebuilds the table, and leaves the quotes of JSON defaults out.
ALTER TABLE "Vm" ADD COLUMN "workDiskMib" INTEGER;
ALTER TABLE "Vm" ADD COLUMN "diskBackend" TEXT NOT NULL DEFAULT 'qcow2';
ALTER TABLE "Vm" ADD COLUMN "labels" JSONB NOT NULL DEFAULT '{}';
ALTER TABLE "Vm" ADD COLUMN "publishedPorts" JSONB NOT NULL DEFAULT '[]';
ALTER TABLE "Vm" ADD COLUMN "ttlSeconds" INTEGER;
ALTER TABLE "Vm" ADD COLUMN "expiresAt" DATETIME;
ALTER TABLE "Vm" ADD COLUMN "idleStopSeconds" INTEGER;
ALTER TABLE "Vm" ADD COLUMN "restartPolicy" TEXT NOT NULL DEFAULT 'no';
ALTER TABLE "Vm" ADD COLUMN "restarts" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "Vm" ADD COLUMN "restartAt" DATETIME;
ALTER TABLE "Vm" ADD COLUMN "stoppedAt" DATETIME;
