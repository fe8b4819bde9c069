import { describe, expect, it } from '@jest/globals';
import { decideRefresh, type PresentedRefresh, type RefreshableSession } from './postgres-refresh-decision.js';

const NOW = 1_800_000_000.5;

const session = (overrides: Partial<RefreshableSession> = {}): RefreshableSession => ({
  refreshSalt: 'salt',
  generation: 4,
  rotatedAt: [NOW - 1, NOW - 10, NOW - 10.001],
  endedReason: null,
  isBehindEpoch: false,
  idleExpiresAt: NOW + 60,
  expiresAt: NOW + 120,
  ...overrides,
});

const presented = (overrides: Partial<PresentedRefresh> = {}): PresentedRefresh => ({ generation: 4, salt: 'salt', graceSeconds: 10, ...overrides });

describe('the refresh decision', () => {
  it('rotates the current generation', () => {
    expect(decideRefresh(session(), presented(), NOW)).toBe('rotate');
  });

  it('replays an earlier one up to the grace after its own rotation, and calls it reuse after that', () => {
    expect(decideRefresh(session(), presented({ generation: 3 }), NOW)).toBe('replay');
    expect(decideRefresh(session(), presented({ generation: 2 }), NOW)).toBe('replay');
    expect(decideRefresh(session(), presented({ generation: 1 }), NOW)).toBe('reuse');
  });

  it('calls a generation reused whose rotation is no longer remembered', () => {
    expect(decideRefresh(session({ rotatedAt: [] }), presented({ generation: 3 }), NOW)).toBe('reuse');
  });

  it('knows no replay at all with a grace of 0', () => {
    expect(decideRefresh(session({ rotatedAt: [NOW] }), presented({ generation: 3, graceSeconds: 0 }), NOW)).toBe('reuse');
  });

  it('does not know a generation that was never given out, another salt, or a session without refresh', () => {
    const unknown = { refused: 'unknown' };
    expect(decideRefresh(session(), presented({ generation: 5 }), NOW)).toEqual(unknown);
    expect(decideRefresh(session(), presented({ salt: 'other' }), NOW)).toEqual(unknown);
    expect(decideRefresh(session({ refreshSalt: null, endedReason: 'ended' }), presented(), NOW)).toEqual(unknown);
  });

  it('refuses with what ended the session first, whatever generation is presented', () => {
    for (const generation of [1, 3, 4]) {
      expect(decideRefresh(session({ endedReason: 'evicted', isBehindEpoch: true }), presented({ generation }), NOW)).toEqual({ refused: 'evicted' });
      expect(decideRefresh(session({ isBehindEpoch: true }), presented({ generation }), NOW)).toEqual({ refused: 'ended' });
    }
  });

  it('holds both limits, to the moment', () => {
    expect(decideRefresh(session({ idleExpiresAt: NOW }), presented(), NOW)).toEqual({ refused: 'expired' });
    expect(decideRefresh(session({ expiresAt: NOW }), presented(), NOW)).toEqual({ refused: 'expired' });
    expect(decideRefresh(session({ idleExpiresAt: NOW + 0.001 }), presented(), NOW)).toBe('rotate');
  });
});
