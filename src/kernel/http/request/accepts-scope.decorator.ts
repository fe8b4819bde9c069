import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { ApiKeyScope } from '../principal.js';

/** Metadata key that the guard reads. */
export const ACCEPTED_SCOPE = 'likeness:accepted-scope';

/** The OpenAPI extension by which the document learns it; removed before it is served. */
export const SCOPE_EXTENSION = 'x-likeness-scope';

/** Fields of the body that a key may not say, each with what it may not say there. */
export type FieldsForbiddenToKeys = Readonly<Record<string, (value: unknown) => boolean>>;

export interface AcceptedScope {
  readonly scope: ApiKeyScope;
  readonly forbidden: FieldsForbiddenToKeys;
}

/** For `forbidden`: whatever the field says. */
export const anything = (): boolean => true;

/** API keys that have this scope may call the route too; a route without it takes sessions alone, and answers 403 to a key. */
export const AcceptsScope = (scope: ApiKeyScope, forbidden: FieldsForbiddenToKeys = {}): MethodDecorator =>
  applyDecorators(SetMetadata(ACCEPTED_SCOPE, { scope, forbidden } satisfies AcceptedScope), ApiExtension(SCOPE_EXTENSION, scope));
