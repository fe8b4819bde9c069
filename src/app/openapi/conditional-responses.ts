import type { CachePolicyName } from '../../kernel/http/index.js';
import type { Operation } from './operation.js';
import { headerRef } from './response-headers.js';

/** An operation whose 200 carries an ETag answers 304 to who holds it already (RFC 9110 §15.4.5). */
export const documentRevalidation = (operation: Operation, policy: CachePolicyName): void => {
  const responses = operation.responses as Record<string, { headers?: Record<string, object>; description?: string }>;
  const ok = responses['200'];
  if (policy === 'noStore' || !ok?.headers?.['ETag']) return;
  responses['304'] = { description: responses['304']?.description ?? 'The client holds this very version.', headers: { ETag: headerRef('ETag') } };
  (operation.parameters ??= []).push({ name: 'If-None-Match', in: 'header', required: false, schema: { type: 'string' } });
};
