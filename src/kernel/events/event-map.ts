/** Every event of the service, by its name in the past tense. Modules add theirs by declaration merging. */
export interface EventMap {
  /** Delivered to an instance that begins to listen, or was away for so long that facts it had not heard are gone: whatever it keeps is to be read anew. */
  'facts.missed': Record<string, never>;
}

export type EventName = keyof EventMap;

export type Event<K extends EventName = EventName> = { [N in K]: { readonly name: N; readonly payload: EventMap[N] } }[K];
