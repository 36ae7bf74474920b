-- Kernels are things of their own; an image says what it came from. Columns are added, not the table made anew: VMs refer to it.
CREATE TABLE "Kernel" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "source" JSONB NOT NULL,
    "allocatedBytes" BIGINT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX "Kernel_name_key" ON "Kernel"("name");
ALTER TABLE "Image" ADD COLUMN "digest" TEXT NOT NULL DEFAULT '';
ALTER TABLE "Image" ADD COLUMN "source" JSONB;
ALTER TABLE "Image" ADD COLUMN "metadata" JSONB;
ALTER TABLE "Image" ADD COLUMN "seedKey" TEXT;
ALTER TABLE "Image" ADD COLUMN "kernelId" TEXT CONSTRAINT "Image_kernelId_fkey" REFERENCES "Kernel" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
