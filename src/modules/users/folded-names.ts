import { domainToASCII } from 'node:url';

const NOT_ASCII = /[^\x00-\x7f]/;

/**
 * The domain as it stands in the DNS (UTS 46): `bücher.example` is `xn--bcher-kva.example`. Null when no domain can be called so: an IP address, a label
 * that does not decode, or one of another length than 1 to 63.
 */
export const asciiDomainOf = (domain: string): string | null => {
  const ascii = domainToASCII(domain);
  const labels = ascii.split('.');
  const isName = labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label)) && !/^\d+$/.test(labels.at(-1)!);
  return isName && ascii.length <= 253 ? ascii : null;
};

/** An address as people write it: NFC, case folded. */
export const foldAddress = (email: string): string => email.trim().normalize('NFC').toLowerCase();

/** What makes two addresses the same mailbox: the domain in its ASCII form. The address itself is shown as it was typed. */
export const emailKeyOf = (email: string): string => {
  const folded = foldAddress(email);
  const at = folded.lastIndexOf('@');
  const domain = folded.slice(at + 1);
  if (!NOT_ASCII.test(domain)) return folded;
  return `${folded.slice(0, at)}@${asciiDomainOf(domain) ?? domain}`;
};

/** Only A to Z: other letters that fold into ASCII (the Kelvin sign) are not allowed in the first place. */
export const foldUsername = (username: string): string => username.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** What sign-in calls somebody: an address with an @, or a username. */
export const foldIdentifier = (identifier: string): string => (identifier.includes('@') ? emailKeyOf(identifier) : foldUsername(identifier.trim()));

/**
 * Text without its case, for the search: by way of capitals, so that `ß` is `ss` and both small sigmas are one; Turkish `İ` and `ı` are the `i` of
 * everybody else. The same in every part of a word, so that a part is found in the whole.
 */
export const foldText = (text: string): string => text.normalize('NFC').toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ').replaceAll('i\u0307', 'i').normalize('NFC');

export interface Named {
  readonly email: string;
  readonly username: string;
  readonly displayName: string | null;
}

/** What the search looks into, one name a line: nothing that is searched has a line break. Either spelling of an address is found. */
export const searchTextOf = ({ email, username, displayName }: Named): string =>
  [...new Set([foldText(email), emailKeyOf(email), username, foldText(displayName ?? '')])].join('\n');
