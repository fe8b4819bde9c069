/** Every event of the service, by its name in the past tense. Modules add theirs by declaration merging. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by the modules
export interface EventMap {}

export type EventName = keyof EventMap;

export type Event<K extends EventName = EventName> = { [N in K]: { readonly name: N; readonly payload: EventMap[N] } }[K];
