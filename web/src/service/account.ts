import { answered, api, withHeaders } from './client';
import type { OwnPatch, User } from './types';

/** The account, and the validator by which a change can be held against it. */
export interface VersionedUser {
  readonly user: User;
  readonly etag: string;
}

export const readMe = async (): Promise<VersionedUser> => {
  const { data, headers } = await withHeaders(api.GET('/v1/users/me'));
  return { user: data, etag: headers.get('etag') ?? '' };
};

/** Refused with 412 when the account has changed since `etag`. */
export const changeMe = async (patch: OwnPatch, etag: string | null): Promise<VersionedUser> => {
  const { data, headers } = await withHeaders(api.PATCH('/v1/users/me', { body: patch, headers: etag === null ? {} : { 'if-match': etag } }));
  return { user: data, etag: headers.get('etag') ?? '' };
};

export const changePassword = (currentPassword: string, newPassword: string, keepApiKeys: boolean): Promise<void> =>
  answered(api.POST('/v1/auth/password', { body: { currentPassword, newPassword, keepApiKeys } }));

export const forgotPassword = (email: string): Promise<void> => answered(api.POST('/v1/auth/password/forgot', { body: { email } }));

export const resetPassword = (token: string, newPassword: string): Promise<void> => answered(api.POST('/v1/auth/password/reset', { body: { token, newPassword } }));

export const verifyEmail = (token: string): Promise<void> => answered(api.POST('/v1/auth/email/verify', { body: { token } }));

export const sendVerification = (): Promise<void> => answered(api.POST('/v1/auth/email/verification'));

export const exportMyData = (): Promise<unknown> => answered(api.GET('/v1/users/me/export'));

export const deleteMe = (currentPassword: string): Promise<void> => answered(api.POST('/v1/users/me/deletion', { body: { currentPassword } }));
