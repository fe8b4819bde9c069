import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CommandLine } from '../../src/cli/command-line.js';
import { ARCHIVED_TABLES, LEFT_OUT } from '../../src/modules/archive/index.js';

const page = readFileSync(new URL('../../docs/command-line.md', import.meta.url), 'utf8');
const program = new CommandLine({}).program();

/** `users create`, with what it takes. */
const leavesOf = (command: Command, path: readonly string[] = []): { readonly name: string; readonly command: Command }[] =>
  command.commands.length === 0 ? [{ name: path.join(' '), command }] : command.commands.flatMap((child) => leavesOf(child, [...path, child.name()]));
const leaves = leavesOf(program);

/** Commands as the page shows them, with their arguments. */
const shown = [...page.matchAll(/^likeness (.+)$/gm)].map(([, text]) => text!.replace(/ +#.*| *[<|>] .*/, '').split(' '));

describe('the page of the command line', () => {
  it.each(leaves.map(({ name, command }) => [name, command] as const))('names %s, and each of its options', (name, command) => {
    expect(page).toContain(`\`${name}`);
    const section = page.split('\n').filter((line) => line.startsWith('|') && line.includes(`\`${name}`)).join('\n');
    for (const option of command.options) if (option.long !== '--json') expect([name, section]).toEqual([name, expect.stringContaining(option.long!)]);
  });

  it('shows commands that there are, in a way that is understood', () => {
    expect(shown.length).toBeGreaterThan(10);
    for (const args of shown) {
      const leaf = leaves.filter(({ name }) => `${args.join(' ')} `.startsWith(`${name} `)).at(-1);
      expect([args.join(' '), leaf?.name]).toEqual([args.join(' '), expect.any(String)]);
      const { operands, unknown } = leaf!.command.parseOptions(args.slice(leaf!.name.split(' ').length));
      const required = leaf!.command.registeredArguments.filter((argument) => argument.required).length;
      expect([args.join(' '), unknown, operands.length >= required]).toEqual([args.join(' '), [], true]);
    }
  });

  it('says of every table whether an archive has it', () => {
    for (const name of [...ARCHIVED_TABLES.map((table) => table.name), ...Object.keys(LEFT_OUT)]) expect(page).toContain(`\`${name}\``);
  });
});
