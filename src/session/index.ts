export { SessionModule } from './session.module.js';
export { SessionsAtStart } from './sessions-at-start.js';
