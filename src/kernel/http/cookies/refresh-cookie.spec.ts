import { describe, expect, it } from '@jest/globals';
import { CLEARED_REFRESH_COOKIE, refreshCookie, refreshCookieOf } from './refresh-cookie.js';

describe('the refresh cookie', () => {
  it.each([
    ['__Host-likeness_refresh=lr_1', 'lr_1'],
    ['a=b; __Host-likeness_refresh=lr_1; c=d', 'lr_1'],
    ['a=b;__Host-likeness_refresh="lr_1"', 'lr_1'],
    ['__Host-likeness_refresh=lr_1; __Host-likeness_refresh=lr_2', 'lr_1'],
    ['__Host-likeness_refresh=a=b', 'a=b'],
    ['__Host-likeness_refresh=', undefined],
    ['x__Host-likeness_refresh=lr_1', undefined],
    ['__host-likeness_refresh=lr_1', undefined],
    ['__Host-likeness_refresh', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('is read from %s', (header, value) => {
    expect(refreshCookieOf(header)).toBe(value);
  });

  it('is for this host, over TLS, out of reach of scripts and of other sites', () => {
    expect(refreshCookie('lr_1', 60)).toBe('__Host-likeness_refresh=lr_1; HttpOnly; Secure; SameSite=Strict; Path=/; Max-Age=60');
    expect(CLEARED_REFRESH_COOKIE).toBe('__Host-likeness_refresh=; HttpOnly; Secure; SameSite=Strict; Path=/; Max-Age=0');
  });
});
