import type { Page } from 'playwright-core';

/** Where a view is below `/account`, and its heading in both languages. */
export type ViewOf = readonly [view: string, english: string, chinese: string];

export const STRANGERS: readonly ViewOf[] = [
  ['', 'Sign in', '登录'],
  ['/sign-up', 'Create your account', '创建账户'],
  ['/forgot-password', 'Forgotten password', '忘记密码'],
  ['/reset-password#token=lx_1', 'New password', '新密码'],
  ['/verify-email#token=lv_1', 'Your email address', '您的邮箱'],
  ['/verify-email', 'Your email address', '您的邮箱'],
];
export const OWN: readonly ViewOf[] = [
  ['', 'Profile', '个人资料'],
  ['/picture', 'Picture', '头像'],
  ['/password', 'Password', '密码'],
  ['/devices', 'Devices', '设备'],
  ['/keys', 'API keys', 'API 密钥'],
  ['/data', 'Your data', '您的数据'],
  ['/nothing', 'There is nothing here', '这里没有内容'],
];
export const ADMINS: readonly ViewOf[] = [
  ['/admin/users', 'Users', '用户'],
  ['/admin/audit', 'Audit log', '审计日志'],
];

export const settled = (page: Page): Promise<void> => page.locator('.placeholder').first().waitFor({ state: 'detached' });
