import type { Channel } from './platform.js';
import type { HeldTokens } from './token-store.js';
import type { SignedOutReason } from './types.js';

/** What clients that share a session tell each other. */
export type TabMessage =
  | { readonly kind: 'tokens'; readonly tokens: HeldTokens }
  | { readonly kind: 'signed-out'; readonly sessionId: string | null; readonly reason: SignedOutReason }
  | { readonly kind: 'not-refreshed' };

/** The other tabs of this page (or other clients of this process) that share the session. */
export class Tabs {
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly channel: Channel,
    onMessage: (message: TabMessage) => void,
  ) {
    channel.onmessage = ({ data }) => {
      if (!isTabMessage(data)) return;
      onMessage(data);
      for (const resolve of this.waiting) resolve();
    };
  }

  tell(message: TabMessage): void {
    this.channel.postMessage(message);
  }

  /** Resolves with the next message, and at the latest when `limit` does. */
  async nextMessage(limit: Promise<void>): Promise<void> {
    let heard: (() => void) | undefined;
    try {
      await Promise.race([new Promise<void>((resolve) => this.waiting.add((heard = resolve))), limit]);
    } finally {
      if (heard) this.waiting.delete(heard);
    }
  }

  close(): void {
    this.channel.close();
  }
}

// Whoever can post here runs on this very origin; this only keeps out what a page posts for other ends under the same name.
const isTabMessage = (data: unknown): data is TabMessage =>
  typeof data === 'object' && data !== null && 'kind' in data && ['tokens', 'signed-out', 'not-refreshed'].includes(String(data.kind));
