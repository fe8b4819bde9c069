import type { MailLanguage } from './mail-kind.js';

const NOT_YOU = 'If that was not you, ignore this mail: nothing happens without the link.';
const CHECK = 'If that was not you, reset your password at once and look through your sessions.';

const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

export const ENGLISH: MailLanguage = {
  tag: 'en',
  tokenLabel: 'If an application asks you for the code, it is:',
  footer: 'This mail was sent by Likeness. Nobody reads the answers to it.',
  duration: (seconds) => {
    if (seconds >= 3_600) return counted(Math.floor(seconds / 3_600), 'hour');
    return seconds >= 60 ? counted(Math.floor(seconds / 60), 'minute') : counted(seconds, 'second');
  },
  texts: {
    verify_email: ({ validFor }) => ({
      subject: 'Confirm your e-mail address',
      before: ['Hello,', 'please confirm that this address is yours.'],
      action: 'Confirm the address',
      after: [`The link works once, within ${validFor}.`, 'If you have no account here, ignore this mail.'],
    }),
    confirm_new_email: ({ validFor }) => ({
      subject: 'Confirm your new e-mail address',
      before: ['Hello,', 'this is to be the new address of your account. Please confirm that it is yours; until then the old one stays in force.'],
      action: 'Confirm the new address',
      after: [`The link works once, within ${validFor}.`, NOT_YOU],
    }),
    reset_password: ({ username, validFor }) => ({
      subject: 'Choose a new password',
      before: [`Hello ${username},`, 'somebody asked for a new password for your account. With this link you choose one; it ends all your sessions.'],
      action: 'Choose a new password',
      after: [`The link works once, within ${validFor}.`, NOT_YOU],
    }),
    password_changed: ({ username }) => ({
      subject: 'Your password was changed',
      before: [`Hello ${username},`, 'the password of your account was changed, and your other sessions were ended.'],
      after: [CHECK],
    }),
    email_change_requested: () => ({
      subject: 'Your e-mail address is to be changed',
      before: ['Hello,', 'somebody who knows your password asked for another e-mail address for your account. This one stays in force until the other is confirmed.'],
      after: [CHECK],
    }),
    email_changed: () => ({
      subject: 'Your e-mail address was changed',
      before: ['Hello,', 'your account has another e-mail address now. This one no longer belongs to it.'],
      after: ['If that was not you, turn to whoever runs this service.'],
    }),
  },
};
