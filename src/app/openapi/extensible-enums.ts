/** Schemas whose values grow with the service; a client that meets one it does not know shows it as it is. */
const EXTENSIBLE = ['AuditAction', 'WebhookEventType'] as const;

/** Says so beside their values: for readers, and for the check of breaking changes (`x-extensible`). */
export const markExtensibleEnums = (schemas: Record<string, Record<string, unknown>>): void => {
  for (const name of EXTENSIBLE) {
    const schema = schemas[name];
    if (!schema) throw new Error(`There is no schema ${name} to be marked as extensible`);
    schema['x-extensible'] = true;
    schema['description'] = [schema['description'], 'More values may come in answers.'].filter(Boolean).join(' ');
  }
};
