export { createLikenessClient, type LikenessClient, type LikenessClientOptions } from './likeness-client.js';
export type { SessionState, SessionView } from './session-view.js';
export type { SignInAndOut } from './signing-in.js';
export { MemoryTokenStore, type HeldTokens, type TokenStore } from './token-store.js';
export type { Channel, Locks, OpenChannel } from './platform.js';
export type { RetryPolicy, Send } from './retry.js';
export type { Crop, UploadOptions, Uploads } from './upload.js';
export type { UploadProgress } from './xhr-send.js';
export type {
  ApiKey, ApiKeyScope, AuditAction, AuditEvent, Avatar, components, NewApiKey, operations, OwnPatch, paths, Platform, Problem, PublicUser, Schemas, SessionEntry,
  SignedOutReason, Tokens, Transport, User, UserPatch,
} from './types.js';
