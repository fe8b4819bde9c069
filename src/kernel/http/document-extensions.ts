import { CACHE_POLICY_EXTENSION } from './caching/cache-policy.decorator.js';
import { PROBLEMS_EXTENSION } from './problems/api-problems.decorator.js';
import { SCOPE_EXTENSION } from './request/accepts-scope.decorator.js';
import { GATE_EXTENSION } from './request/public-gate.js';
import { PUBLIC_EXTENSION } from './request/public.decorator.js';

/** How decorators speak to the maker of the OpenAPI document. All begin with `x-likeness-`; none is served. */
export const DOCUMENT_EXTENSIONS = { public: PUBLIC_EXTENSION, cachePolicy: CACHE_POLICY_EXTENSION, problems: PROBLEMS_EXTENSION, scope: SCOPE_EXTENSION, gated: GATE_EXTENSION } as const;
