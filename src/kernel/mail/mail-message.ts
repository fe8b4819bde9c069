import type { SendMailOptions } from 'nodemailer';
import type { OutgoingMail } from './mailer.js';

/** The message as nodemailer takes it. Addresses are given as objects: as text they would be parsed, and could say more than one. */
export const messageOf = ({ to, subject, text, html }: OutgoingMail, from: string): SendMailOptions => ({
  from,
  to: { name: '', address: to },
  subject,
  text,
  html,
  headers: {
    // RFC 3834 §5: nobody's out-of-office note shall answer.
    'Auto-Submitted': 'auto-generated',
    'X-Auto-Response-Suppress': 'All',
  },
  disableFileAccess: true,
  disableUrlAccess: true,
});
