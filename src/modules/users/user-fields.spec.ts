import { describe, expect, it } from '@jest/globals';
import { checkDisplayName, checkEmail, checkExternalId, checkLocale, checkRoles, checkUsername } from './user-fields.js';
import { emailKeyOf } from './folded-names.js';

const codeOf = (checked: object): unknown => ('fault' in checked ? (checked.fault as { code: string }).code : checked);

describe('an email', () => {
  it.each(['ada@example.test', 'a.b+c@x.co', 'ada@localhost', 'андрей@почта.рф', 'max@bücher.example', 'max@xn--bcher-kva.example', "o'brien@x.ie", `${'a'.repeat(64)}@example.test`])('may be %j', (email) => {
    expect(checkEmail(email)).toEqual({ value: email });
  });

  it.each([
    '', 'ada', '@x.test', 'ada@', 'a@b@c.test', 'a b@x.test', 'ada@x..test', 'ada@-x.test', 'ada@x-', 'a\u0000b@x.test', 'a\r\nBcc:b@x.test', 'ada@x.test\u202e', '<ada@x.test>',
    'a,b@x.test', '"a"@x.test', '\ud800@x.test', `${'a'.repeat(65)}@x.test`, `a@${'b'.repeat(253)}.test`,
    '.ada@x.test', 'ada.@x.test', 'a..da@x.test', `a@${'b'.repeat(64)}.test`, `a@${'ü'.repeat(60)}.test`, 'a@xn--0.tld', 'a@xn--a.tld', 'a@192.0.2.7', 'a@0x7f.1', 'a@x.123',
  ])('may not be %j', (email) => {
    expect(codeOf(checkEmail(email))).toBe('email.invalid');
  });

  it('is trimmed and composed, and keeps its case', () => {
    expect(checkEmail(' E\u0301mile@X.test ')).toEqual({ value: 'Émile@X.test' });
  });

  it('is the same one in another case and another composition', () => {
    expect(emailKeyOf('É@x.test')).toBe(emailKeyOf('e\u0301@X.TEST'));
  });

  it.each([['max@bücher.example', 'max@xn--bcher-kva.example'], ['MAX@BÜCHER.example', 'max@XN--BCHER-KVA.example'], ['max@faß.example', 'max@xn--fa-hia.example'], ['a@bu\u0308cher.example', 'a@bücher.example']])('is the same one with its domain as people write it and as the DNS has it (%s, %s)', (one, other) => {
    expect(emailKeyOf(one)).toBe(emailKeyOf(other));
    expect(emailKeyOf(one)).not.toBe(emailKeyOf(one.replace('@', '@x.')));
  });

  it('is judged quickly however it was made', () => {
    const startedAt = performance.now();
    checkEmail(`a@${'a-'.repeat(120)}`);
    checkEmail(`a@${'a.'.repeat(120)}!`);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

describe('a username', () => {
  it('is folded', () => {
    expect(checkUsername('Ada.Lovelace-1_x')).toEqual({ value: 'ada.lovelace-1_x' });
  });

  it.each(['', 'a', '.ada', '-ada', '_ada', 'a@b', 'a b', 'ad\u0430', 'a\u0000b', 'a'.repeat(33), '\u212aelvin\n', ' ada', 'ada ', 'ada\n'])('may not be %j', (username) => {
    expect(codeOf(checkUsername(username))).toBe('username.invalid');
  });
});

describe('a display name', () => {
  it.each([['  Ada ', 'Ada'], ['e\u0301', 'é'], ['नमस्ते', 'नमस्ते'], ['👩🏽‍🚀', '👩🏽‍🚀'], ['\u200f דוד', '\u200f דוד'], ['', null], ['   ', null], ['\u200b', null], ['\u3164', null]])('%j is kept as %j', (given, kept) => {
    expect(checkDisplayName(given)).toEqual({ value: kept });
  });

  it.each(['Ada\u202e', 'a\u2066b', 'a\nb', 'a\u0000', 'a\u0085', 'a\u2028b', '\udc00'])('may not be %j', (name) => {
    expect(codeOf(checkDisplayName(name))).toBe('display_name.invalid');
  });

  it('is counted in graphemes and in characters', () => {
    expect(checkDisplayName('a'.repeat(100))).toEqual({ value: 'a'.repeat(100) });
    expect(codeOf(checkDisplayName('a'.repeat(101)))).toBe('display_name.too_long');
    expect(codeOf(checkDisplayName(`a${'\u0337'.repeat(200)}`))).toBe('display_name.too_long');
  });
});

describe('the other fields', () => {
  it('spell a locale canonically, or refuse it', () => {
    expect(checkLocale('EN-gb')).toEqual({ value: 'en-GB' });
    expect(checkLocale('zh-hant-tw')).toEqual({ value: 'zh-Hant-TW' });
    for (const bad of ['', 'e', 'en_GB', 'en-', 'en\u0000', 'x'.repeat(36)]) expect(codeOf(checkLocale(bad))).toBe('locale.invalid');
  });

  it('sort roles and name each once', () => {
    expect(checkRoles(['editor', 'admin', 'editor'])).toEqual({ value: ['admin', 'editor'] });
    for (const bad of [['Admin'], [''], ['a b'], ['1a'], ['a'.repeat(33)]]) expect(codeOf(checkRoles(bad))).toBe('roles.invalid');
  });

  it('bound an external id', () => {
    expect(checkExternalId('emp:4711')).toEqual({ value: 'emp:4711' });
    for (const bad of ['', 'a\u0000', 'a'.repeat(256)]) expect(codeOf(checkExternalId(bad))).toBe('external_id.invalid');
  });
});
