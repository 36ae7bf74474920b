-- Kernels are things of their own; an image says what it came from.
-- CreateTable
CREATE TABLE "Kernel" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "source" JSONB NOT NULL,
    "allocatedBytes" BIGINT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_Image" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "recipeDigest" TEXT NOT NULL,
    "distribution" TEXT NOT NULL,
    "kernelVersion" TEXT NOT NULL,
    "diskBytes" BIGINT NOT NULL,
    "allocatedBytes" BIGINT NOT NULL,
    "bootArguments" JSONB NOT NULL,
    "digest" TEXT NOT NULL DEFAULT '',
    "source" JSONB,
    "metadata" JSONB,
    "seedKey" TEXT,
    "kernelId" TEXT,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Image_kernelId_fkey" FOREIGN KEY ("kernelId") REFERENCES "Kernel" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
INSERT INTO "new_Image" ("allocatedBytes", "bootArguments", "createdAt", "diskBytes", "distribution", "id", "kernelVersion", "name", "recipeDigest") SELECT "allocatedBytes", "bootArguments", "createdAt", "diskBytes", "distribution", "id", "kernelVersion", "name", "recipeDigest" FROM "Image";
DROP TABLE "Image";
ALTER TABLE "new_Image" RENAME TO "Image";
CREATE UNIQUE INDEX "Image_name_key" ON "Image"("name");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;

-- CreateIndex
CREATE UNIQUE INDEX "Kernel_name_key" ON "Kernel"("name");
