import type { components, operations, paths } from './schema.gen.js';

export type { components, operations, paths };

export type Schemas = components['schemas'];
export type User = Schemas['UserDto'];
export type PublicUser = Schemas['PublicUserDto'];
export type Avatar = Schemas['AvatarDto'];
export type SessionEntry = Schemas['SessionDto'];
export type OwnPatch = Schemas['OwnProfilePatchDto'];
export type UserPatch = Schemas['UserPatchDto'];
export type ApiKey = Schemas['ApiKeyDto'];
export type NewApiKey = Schemas['ApiKeyWithSecretDto'];
export type ApiKeyScope = Schemas['ApiKeyScope'];
export type AuditEvent = Schemas['AuditEventDto'];
export type AuditAction = Schemas['AuditAction'];
export type Tokens = Schemas['TokensDto'];
export type Problem = Schemas['ProblemDto'];
export type Platform = Schemas['Platform'];

/** How the refresh token travels: in the body, or as a cookie out of reach of scripts. */
export type Transport = 'body' | 'cookie';

type ProblemOf<Operation extends keyof operations, Status extends number> = operations[Operation]['responses'] extends Record<Status, { content: { 'application/problem+json': infer Body } }> ? Body : never;
type CodeOf<Body> = Body extends { code?: infer Code } ? NonNullable<Code> : never;

/** Why the session is over: the problem code of the answer that said so. `auth.token_missing`: the refresh cookie is gone. */
export type SignedOutReason = CodeOf<ProblemOf<'auth_refresh', 401>> | CodeOf<ProblemOf<'auth_logout', 401>>;
