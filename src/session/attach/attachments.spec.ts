import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Mock } from 'vitest';
import { Attachments } from './attachments.js';
import type { Attachment } from './attachments.js';

describe('who is attached to a session', () => {
  let attachments: Attachments;
  beforeEach(() => {
    attachments = new Attachments();
  });
  const somebody = (): { onTaken: Mock<() => void> } => ({ onTaken: vi.fn<() => void>() });
  const typing = (all: Attachment[]): boolean[] => all.map((one) => attachments.types('ses', one));

  it('types when nobody else does', () => {
    const [looker, first, second] = [somebody(), somebody(), somebody()];
    attachments.add('ses', looker, 'no');
    expect(attachments.hasTypist('ses')).toBe(false);
    attachments.add('ses', first, 'if-free');
    attachments.add('ses', second, 'if-free');
    expect(typing([looker, first, second])).toEqual([false, true, false]);
    expect([attachments.count('ses'), attachments.hasTypist('ses')]).toEqual([3, true]);
    expect(first.onTaken).not.toHaveBeenCalled();
  });

  it('types no more when another one takes the keyboard, and is told once', () => {
    const [first, second] = [somebody(), somebody()];
    attachments.add('ses', first, 'take');
    attachments.add('ses', second, 'take');
    expect(typing([first, second])).toEqual([false, true]);
    expect([first.onTaken.mock.calls.length, second.onTaken.mock.calls.length]).toEqual([1, 0]);
    // who goes has nothing to leave to others, and takes nothing from them
    attachments.remove('ses', first);
    expect(attachments.types('ses', second)).toBe(true);
  });

  it('leaves the keyboard to who comes later, not to who is there', () => {
    const [first, second, third] = [somebody(), somebody(), somebody()];
    attachments.add('ses', first, 'if-free');
    attachments.add('ses', second, 'if-free');
    attachments.remove('ses', first);
    expect(typing([second])).toEqual([false]);
    attachments.add('ses', third, 'if-free');
    expect(typing([second, third])).toEqual([false, true]);
  });

  it('is of that session alone, and forgotten', () => {
    const one = somebody();
    attachments.add('ses', one, 'take');
    expect(attachments.types('other', one)).toBe(false);
    attachments.remove('other', one);
    attachments.remove('ses', one);
    attachments.remove('ses', one);
    expect([attachments.count('ses'), attachments.hasTypist('ses')]).toEqual([0, false]);
  });
});
