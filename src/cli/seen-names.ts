import type { CheckedImport, ImportFault } from '../modules/users/index.js';

/** What is to be unique, and on which line of the file it stood first. */
export class SeenNames {
  private readonly lines = { email: new Map<string, number>(), username: new Map<string, number>(), externalId: new Map<string, number>() };

  faultsOf({ email, username, externalId }: CheckedImport, line: number): ImportFault[] {
    const names = { email: email.toLowerCase(), username, ...(externalId !== null && { externalId }) };
    return Object.entries(names).flatMap(([field, name]) => {
      const seen = this.lines[field as keyof typeof names];
      const first = seen.get(name);
      if (first === undefined) seen.set(name, line);
      return first === undefined ? [] : [{ field, code: 'row.repeated', message: `The same as on line ${first}.` }];
    });
  }
}
