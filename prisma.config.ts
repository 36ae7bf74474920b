import { defineConfig } from 'prisma/config';

// No datasource: the daemon opens and migrates the database itself; this serves `prisma generate` alone.
export default defineConfig({ schema: 'prisma/schema.prisma' });
