-- AlterTable
ALTER TABLE "Vm" ADD COLUMN "lastEnd" JSONB;
