import type { Operation } from './operation.js';

type Media = Record<string, { schema?: object; encoding?: object }>;

const FORM = 'multipart/form-data';
const BYTES = { type: 'string', format: 'binary', description: 'The bytes of the picture themselves.' };

/** The decorators say one schema for every type of a body: beside a form with a file, the other types are that file's bytes. */
export const documentRawBodies = ({ requestBody }: Operation): void => {
  const content = requestBody && 'content' in requestBody ? (requestBody.content as Media) : undefined;
  if (!content?.[FORM]) return;
  content[FORM].encoding = { file: { contentType: Object.keys(content).filter((type) => type !== FORM).join(', ') } };
  for (const [type, media] of Object.entries(content)) if (type !== FORM) media.schema = BYTES;
};
