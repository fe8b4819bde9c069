import { answered, client } from './client';
import { deviceName } from './device-name';

export interface NewAccount {
  readonly email: string;
  readonly username: string;
  readonly password: string;
  readonly displayName: string | null;
  readonly bootstrapToken?: string;
}

const device = () => ({ platform: 'web' as const, deviceName: deviceName() });

export const signIn = async (identifier: string, password: string): Promise<void> => {
  await answered(client.signIn({ identifier, password, ...device() }));
};

export const register = async (account: NewAccount): Promise<void> => {
  await answered(client.register({ ...account, ...device() }));
};

/** Here and in the other tabs. */
export const signOut = async (): Promise<void> => {
  await answered(client.signOut());
};
