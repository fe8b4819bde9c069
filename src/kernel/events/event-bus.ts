import type { EntityManager } from 'typeorm';
import type { EventMap, EventName } from './event-map.js';

/**
 * Where in a write a handler runs:
 * - `beforeCommit`: awaited, inside the transaction; throwing rolls everything back.
 * - `beforeAnswer`: awaited, after the commit and before the caller is answered; throwing means the outcome is unknown to the caller.
 * - `delivered`: after the commit, on every instance, at least once, in one order; what it does must bear doing twice.
 */
export const EVENT_PHASES = ['beforeCommit', 'beforeAnswer', 'delivered'] as const;
export type EventPhase = (typeof EVENT_PHASES)[number];

export interface PhaseContext {
  beforeCommit: { readonly manager: EntityManager };
  beforeAnswer: Record<never, never>;
  delivered: Record<never, never>;
}

export type EventHandler<K extends EventName, P extends EventPhase> = (payload: EventMap[K], context: PhaseContext[P]) => Promise<void> | void;

/** The event bus: two awaited phases around a commit, and delivery afterwards (guarantees §4). */
export abstract class EventBus {
  abstract on<K extends EventName, P extends EventPhase>(event: K, phase: P, handler: EventHandler<K, P>): void;

  /** Runs the handlers of an awaited phase, one after another in the order of registration; the first failure is thrown. */
  abstract run<K extends EventName, P extends 'beforeCommit' | 'beforeAnswer'>(
    event: K,
    phase: P,
    payload: EventMap[K],
    context: PhaseContext[P],
  ): Promise<void>;

  /**
   * Writes the fact down in the transaction of the change. Once that is committed, every `delivered` handler on every instance is called; if it is rolled
   * back, none. Nothing that may not lie in the database for days. False when a fact of this `id`
   * is still there: it is not written again.
   */
  abstract record<K extends EventName>(manager: EntityManager, event: K, payload: EventMap[K], id?: string): Promise<boolean>;

  /** What was recorded and committed is delivered now, and not at the next look. Returns at once, never throws. */
  abstract hasten(): void;
}
