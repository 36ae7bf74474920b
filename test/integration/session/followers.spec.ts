import { beforeEach, describe, expect, it } from 'vitest';
import { followedVms } from './support/followed-vms.js';
import type { FollowedVms } from './support/followed-vms.js';

const NAME = 'ses_aaaaaaaaaaaa';

describe('the follower of sessions', () => {
  let all: FollowedVms;
  beforeEach(async () => {
    all = await followedVms();
  });

  const follow = async (): Promise<void> => {
    all.followers.follow(await all.vms.require('one'));
    await all.guests.one.isAsked(1);
  };

  // It stayed as one whose end has been acted on, and had run out of time: the next end of it was nobody's.
  it('has one that runs again after its VM went back run as it did at first', async () => {
    await all.insert(NAME, { onExit: 'notify' });
    await all.sessions.update(NAME, { state: 'exited', exitCode: 1, timedOut: true, exitHandled: true });
    await follow();
    all.guests.one.say(`B ${NAME} 0`);
    await all.guests.one.isAsked(2);
    expect(await all.sessions.find(NAME)).toMatchObject({
      state: 'running',
      exitCode: undefined,
      timedOut: false,
      exitHandled: false,
    });
  });
});
