/** What this client uses of Web Locks (`navigator.locks`). */
export interface Locks {
  request<T>(name: string, options: { readonly ifAvailable?: boolean }, work: (lock: unknown) => Promise<T>): Promise<T>;
}

/** What this client uses of a BroadcastChannel. */
export interface Channel {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
  /** Only in Node.js: the channel alone does not keep the process running. */
  unref?(): unknown;
}

/** Null: there is none, and everybody finds out alone. */
export type OpenChannel = (name: string) => Channel | null;

/** What this client uses of an XMLHttpRequest: it alone tells how much of a body has left. */
export interface Xhr {
  readonly upload: { onprogress: ((event: { readonly loaded: number; readonly total: number }) => void) | null };
  readonly status: number;
  readonly statusText: string;
  readonly response: unknown;
  responseType: string;
  withCredentials: boolean;
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getAllResponseHeaders(): string;
  send(body: ArrayBuffer | null): void;
  abort(): void;
}

interface Platform {
  readonly navigator?: { readonly locks?: Locks };
  readonly BroadcastChannel?: new (name: string) => Channel;
  readonly XMLHttpRequest?: new () => Xhr;
  readonly location?: { readonly href: string };
  readonly console?: { warn(message: string): void };
}

// Browsers and Node.js declare these differently, or not at all; here stands what both have in common.
const platform = globalThis as unknown as Platform;

export const platformLocks = (): Locks | undefined => platform.navigator?.locks;

export const openChannel: OpenChannel = (name) => {
  if (!platform.BroadcastChannel) return null;
  const channel = new platform.BroadcastChannel(name);
  channel.unref?.();
  return channel;
};

export const newXhr = (): Xhr | null => (platform.XMLHttpRequest ? new platform.XMLHttpRequest() : null);

export const warn = (message: string): void => platform.console?.warn(message);

export const pageUrl = (): string | undefined => platform.location?.href;
