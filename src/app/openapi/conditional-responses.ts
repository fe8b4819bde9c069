import type { CachePolicyName } from '../../kernel/http/index.js';
import type { Operation } from './operation.js';
import { headerRef, limitHeaders } from './response-headers.js';

/** An operation whose 200 carries an ETag answers 304 to who holds it already (RFC 9110 §15.4.5). */
export const documentRevalidation = (operation: Operation, policy: CachePolicyName): void => {
  const responses = operation.responses as Record<string, { headers?: Record<string, object>; description?: string }>;
  const ok = responses['200'];
  if (policy === 'noStore' || !ok?.headers?.['ETag']) return;
  ok.headers['ETag'] = headerRef('ETag');
  responses['304'] = { description: responses['304']?.description ?? 'The client holds this very version.', headers: { ETag: headerRef('ETag') } };
  const parameters = (operation.parameters ??= []);
  if (!parameters.some((parameter) => 'name' in parameter && parameter.name.toLowerCase() === 'if-none-match')) {
    parameters.push({ name: 'If-None-Match', in: 'header', required: false, description: 'ETags that the client holds, or `*`.', schema: { type: 'string' } });
  }
};

export const conditionHeaders = (status: string, headers: object | undefined): Record<string, object> => {
  const found: Record<string, object> = {};
  if (status === '401') found['WWW-Authenticate'] = headerRef('WWW-Authenticate');
  if (status === '429' || status === '503') found['Retry-After'] = headerRef('Retry-After');
  if (status === '429') Object.assign(found, limitHeaders());
  if (headers && 'ETag' in headers) found['ETag'] = headerRef('ETag');
  return found;
};
