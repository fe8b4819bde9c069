import type { Command } from 'commander';
import { PasswordChanges, UserOperators, UsersService, type UserSnapshot } from '../../modules/users/index.js';
import type { CommandRun } from '../command-run.js';
import type { Service } from '../service-context.js';
import { UsageError } from '../exit-codes.js';
import { addUserImport } from './user-import.command.js';

interface CreateOptions {
  readonly email: string;
  readonly username: string;
  readonly displayName?: string;
  readonly externalId?: string;
  readonly admin?: boolean;
  readonly password: boolean;
  readonly json?: boolean;
}

interface ListOptions {
  readonly query?: string;
  readonly role?: string;
  readonly disabled?: boolean;
  readonly json?: boolean;
}

const PAGE = 200;

const row = ({ dto }: UserSnapshot): string =>
  [dto.id, dto.username, dto.email, dto.roles.join(',') || '-', dto.disabled ? 'disabled' : 'enabled'].join('  ');

/** `users create|list|promote|demote|disable|enable|reset-password|delete|import`. */
export function addUserCommands(program: Command, run: CommandRun): void {
  const users = program.command('users').description('Accounts.');
  addCreate(users, run);
  addList(users, run);
  addChange(users, run, 'promote', 'make an account an administrator; it keeps what it has', ({ context }, id) => context.get(UserOperators).promote(id));
  addChange(users, run, 'demote', 'take the rights of an administrator away; the last one keeps them', ({ context }, id) => context.get(UserOperators).demote(id));
  addChange(users, run, 'disable', 'switch an account off, and end all its sessions', ({ context }, id) => context.get(UserOperators).setDisabled(id, true));
  addChange(users, run, 'enable', 'switch an account on again', ({ context }, id) => context.get(UserOperators).setDisabled(id, false));
  addResetPassword(users, run);
  addDelete(users, run);
  addUserImport(users, run);
}

const WHO = '\n<user> is an id, an e-mail address or a username.';

function addResetPassword(users: Command, { terminal, inService }: CommandRun): void {
  users
    .command('reset-password <user>')
    .description('give an account a new password, which is asked for, or read from the standard input; all its sessions end, and its API keys')
    .option('--json', 'as JSON')
    .addHelpText('after', WHO)
    .action(async (identifier: string, { json }: { readonly json?: boolean }) => {
      const password = await terminal.newPassword();
      await inService(async ({ context }) => {
        const { userId, dto } = await context.get(UserOperators).find(identifier);
        const passwords = context.get(PasswordChanges);
        passwords.requireGood(password, dto);
        await passwords.replace(userId, password, async () => undefined);
        const user = await context.get(UserOperators).find(userId);
        terminal.result(json ?? false, user.dto, [row(user)]);
      });
    });
}

function addDelete(users: Command, { terminal, inService }: CommandRun): void {
  users
    .command('delete <user>')
    .description('erase an account with its sessions, keys and pictures; nothing brings it back')
    .option('--yes', 'that this is meant')
    .option('--json', 'as JSON')
    .addHelpText('after', WHO)
    .action(async (identifier: string, { yes, json }: { readonly yes?: boolean; readonly json?: boolean }) => {
      if (!yes) throw new UsageError('This cannot be undone: say --yes.');
      await inService(async ({ context }) => {
        const user = await context.get(UserOperators).find(identifier);
        await context.get(UserOperators).remove(user.userId);
        terminal.result(json ?? false, { id: user.userId, deleted: true }, [`${user.userId} is deleted.`]);
      });
    });
}

function addCreate(users: Command, { terminal, inService }: CommandRun): void {
  users
    .command('create')
    .description('make an account; its password is asked for, or read from the standard input')
    .requiredOption('--email <address>', 'its e-mail address')
    .requiredOption('--username <name>', 'its username')
    .option('--display-name <name>', 'its display name')
    .option('--external-id <id>', 'its id in another system')
    .option('--admin', 'an administrator')
    .option('--no-password', 'without a password: nobody can sign in with one')
    .option('--json', 'as JSON')
    .action(async ({ password: hasPassword, admin, json, ...account }: CreateOptions) => {
      const password = hasPassword ? await terminal.newPassword() : undefined;
      await inService(async ({ context }) => {
        const user = await context.get(UsersService).create({ ...account, ...(password !== undefined && { password }), roles: admin ? ['admin'] : [] });
        terminal.result(json ?? false, user.dto, [row(user)]);
      });
    });
}

function addList(users: Command, { terminal, inService }: CommandRun): void {
  users
    .command('list')
    .description('accounts, in order of their creation')
    .option('--query <text>', 'whose email, username or display name has this in it')
    .option('--role <role>', 'who have this role')
    .option('--disabled', 'only those that are switched off')
    .option('--json', 'one JSON object a line')
    .action(({ query, role, disabled, json }: ListOptions) =>
      inService(async ({ context }) => {
        const filter = { q: query, role, disabled };
        for (let after: string | null = null, isMore = true; isMore; ) {
          const page: readonly UserSnapshot[] = await context.get(UserOperators).pageAfter(after, PAGE, filter);
          for (const user of page) terminal.line(json ? JSON.stringify(user.dto) : row(user));
          after = page.at(-1)?.userId ?? null;
          isMore = page.length === PAGE;
        }
      }),
    );
}

function addChange(users: Command, run: CommandRun, name: string, what: string, change: (service: Service, userId: string) => Promise<UserSnapshot>): void {
  users
    .command(`${name} <user>`)
    .description(what)
    .option('--json', 'as JSON')
    .addHelpText('after', WHO)
    .action((identifier: string, { json }: { readonly json?: boolean }) =>
      run.inService(async (service) => {
        const { userId } = await service.context.get(UserOperators).find(identifier);
        const user = await change(service, userId);
        run.terminal.result(json ?? false, user.dto, [row(user)]);
      }),
    );
}
