import { readdir } from 'node:fs/promises';
import type { MigrationInterface } from 'typeorm';

const FOLDER = new URL('migrations/', import.meta.url);

export type MigrationClass = new () => MigrationInterface;

const isMigration = (value: unknown): value is MigrationClass =>
  typeof value === 'function' && typeof (value as { prototype?: Partial<MigrationInterface> }).prototype?.up === 'function';

/** Names of the migration files, oldest first. */
export async function migrationFiles(): Promise<string[]> {
  const names = await readdir(FOLDER);
  return names.filter((name) => /^\d{13}-[a-z0-9-]+\.(js|ts)$/.test(name)).sort();
}

/** The migrations themselves, oldest first: one class per file, its name ending in the file's 13 digits. */
export async function loadMigrations(): Promise<MigrationClass[]> {
  const found: MigrationClass[] = [];
  for (const file of await migrationFiles()) {
    const exported = Object.values((await import(new URL(file, FOLDER).href)) as Record<string, unknown>).filter(isMigration);
    const [migration] = exported;
    if (!migration || exported.length !== 1 || !migration.name.endsWith(file.slice(0, 13))) {
      throw new Error(`${file} must export one migration whose name ends in ${file.slice(0, 13)}`);
    }
    found.push(migration);
  }
  return found;
}
