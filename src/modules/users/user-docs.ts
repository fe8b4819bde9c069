/** What the operations of users say alike. */
export const MERGE_PATCH_TYPES = ['application/json', 'application/merge-patch+json'] as const;

export const IF_MATCH_HEADER = {
  name: 'If-Match',
  required: false,
  description: 'The ETag of the version that the change is made for (RFC 9110 §13.1.1); 412 when there is another one by now.',
  schema: { type: 'string' },
} as const;

export const ETAG_HEADER = { ETag: { description: 'Strong; another one with every change.', schema: { type: 'string' } } } as const;

export const LOCATION_HEADER = { Location: { description: 'Where the user is.', schema: { type: 'string', format: 'uri' } } } as const;
