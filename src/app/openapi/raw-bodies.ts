import type { Operation } from './operation.js';

const RAW = /^image\/|^application\/octet-stream$/;

/** Where a picture can be sent as a form or as it is, the decorator says the form for each: as it is, it is bytes. */
export const documentRawBodies = ({ requestBody }: Operation): void => {
  if (!requestBody || !('content' in requestBody)) return;
  for (const [type, media] of Object.entries(requestBody.content)) if (RAW.test(type)) media.schema = { type: 'string', format: 'binary' };
};
