export { Database } from './database.js';
export { DatabaseModule } from './database.module.js';
export { Prisma } from './generated/client.js';
export { isUniqueViolation } from './prisma-failures.js';
export { openDatabase } from './open-database.js';
