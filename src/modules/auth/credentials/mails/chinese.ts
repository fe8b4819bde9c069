import type { MailLanguage } from './mail-kind.js';

const NOT_YOU = '如果这不是您本人的操作，请忽略此邮件：不点击链接，什么都不会发生。';
const CHECK = '如果这不是您本人的操作，请立即重置密码，并检查您的登录会话。';

export const CHINESE: MailLanguage = {
  tag: 'zh-Hans',
  tokenLabel: '如果应用要求输入验证码，请使用：',
  footer: '此邮件由 Likeness 自动发送，请勿回复。',
  duration: (seconds) => {
    if (seconds >= 3_600) return `${Math.floor(seconds / 3_600)} 小时`;
    return seconds >= 60 ? `${Math.floor(seconds / 60)} 分钟` : `${seconds} 秒`;
  },
  texts: {
    verify_email: ({ validFor }) => ({
      subject: '请确认您的邮箱地址',
      before: ['您好：', '请确认此邮箱地址属于您。'],
      action: '确认邮箱地址',
      after: [`链接仅可使用一次，${validFor}内有效。`, '如果您没有在此注册账号，请忽略此邮件。'],
    }),
    confirm_new_email: ({ validFor }) => ({
      subject: '请确认您的新邮箱地址',
      before: ['您好：', '此邮箱将成为您账号的新地址。请确认它属于您；在确认之前，原地址继续有效。'],
      action: '确认新邮箱地址',
      after: [`链接仅可使用一次，${validFor}内有效。`, NOT_YOU],
    }),
    reset_password: ({ username, validFor }) => ({
      subject: '设置新密码',
      before: [`${username}，您好：`, '有人为您的账号申请了重置密码。您可以通过以下链接设置新密码；设置后，所有登录会话都将结束。'],
      action: '设置新密码',
      after: [`链接仅可使用一次，${validFor}内有效。`, NOT_YOU],
    }),
    password_changed: ({ username }) => ({
      subject: '您的密码已更改',
      before: [`${username}，您好：`, '您账号的密码已更改，其他登录会话已结束。'],
      after: [CHECK],
    }),
    email_change_requested: () => ({
      subject: '您的邮箱地址即将更改',
      before: ['您好：', '有人使用您的密码申请更改账号的邮箱地址。在新地址确认之前，此地址继续有效。'],
      after: [CHECK],
    }),
    email_changed: () => ({
      subject: '您的邮箱地址已更改',
      before: ['您好：', '您的账号已使用另一个邮箱地址，此地址不再属于该账号。'],
      after: ['如果这不是您本人的操作，请联系本服务的管理员。'],
    }),
  },
};
