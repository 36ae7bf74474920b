-- A VM can have several repositories: what was one object is the first of a list.
ALTER TABLE "Vm" ADD COLUMN "workspaces" JSONB;
UPDATE "Vm" SET "workspaces" = json_array(json_insert(json("workspace"), '$.mode', 'shallow')) WHERE "workspace" IS NOT NULL;
ALTER TABLE "Vm" DROP COLUMN "workspace";
