import { Module } from '@nestjs/common';
import { VmModule } from '../vm/index.js';
import { AttachService } from './attach/attach.service.js';
import { Attachments } from './attach/attachments.js';
import { TerminalSizes } from './attach/terminal-sizes.js';
import { Keyboard } from './attach/keyboard.js';
import { ExitNotices } from './control/exit-notices.js';
import { ExitActions } from './control/exit-actions.js';
import { SessionControlController } from './control/session-control.controller.js';
import { SessionEnds } from './control/session-ends.js';
import { SessionInput } from './control/session-input.js';
import { SessionStarts } from './control/session-starts.js';
import { FollowerParts } from './follow/follower-parts.js';
import { Followers } from './follow/followers.js';
import { GuestSessions } from './guest/guest-sessions.js';
import { FileOutputLogs } from './output/output-logs.adapter.js';
import { OutputLogs } from './output/output-log.js';
import { SessionOutput } from './read/session-output.js';
import { SessionOutputController } from './read/session-output.controller.js';
import { SessionBook } from './session-book.js';
import { SessionController } from './session.controller.js';
import { SessionFinder } from './session-finder.js';
import { SessionLogs } from './session-logs.js';
import { SessionPaths } from './session-paths.js';
import { SessionRepository } from './session.repository.js';
import { SessionViews } from './session-views.js';
import { SessionsAtStart } from './sessions-at-start.js';

@Module({
  imports: [VmModule],
  controllers: [SessionController, SessionControlController, SessionOutputController],
  providers: [
    Attachments,
    AttachService,
    ExitActions,
    ExitNotices,
    FollowerParts,
    Followers,
    GuestSessions,
    Keyboard,
    { provide: OutputLogs, useClass: FileOutputLogs },
    SessionBook,
    SessionEnds,
    SessionFinder,
    SessionInput,
    SessionLogs,
    SessionOutput,
    SessionPaths,
    SessionRepository,
    SessionsAtStart,
    SessionStarts,
    SessionViews,
    TerminalSizes,
  ],
  exports: [SessionsAtStart],
})
export class SessionModule {}
