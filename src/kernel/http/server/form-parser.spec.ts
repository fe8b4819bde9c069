import { describe, expect, it } from '@jest/globals';
import { parseForm } from './form-parser.js';

const parsed = (text: string | Buffer): Record<string, string> | null => {
  const form = parseForm(Buffer.from(text));
  if (form === 'tooComplex') throw new Error(form);
  return form && Object.fromEntries(form);
};

describe('the parser of forms', () => {
  it('decodes names and values, plus signs and escapes alike', () => {
    expect(parsed('grant_type=refresh_token&name=Ada+Lov%C3%A9lace%2B&a%20b=c%3Dd=e')).toEqual({ grant_type: 'refresh_token', name: 'Ada Lovélace+', 'a b': 'c=d=e' });
  });

  it('takes a parameter without a value for one that was left out', () => {
    expect(parsed('token=&hint&&scope=x')).toEqual({ scope: 'x' });
    expect(parsed('')).toEqual({});
  });

  it.each(['a=1&a=2', 'a=&a=2', 'a&%61=2', 'a=%', 'a=%zz', 'a=%ff', '%c3=1'])('refuses %s', (text) => {
    expect(parsed(text)).toBeNull();
  });

  it('refuses bytes that are no UTF-8', () => {
    expect(parsed(Buffer.from([0x61, 0x3d, 0xff]))).toBeNull();
  });

  it('has no names of its own', () => {
    expect(parsed('a=1')).toEqual({ a: '1' });
    expect((parseForm(Buffer.from('a=1')) as Map<string, string>).get('constructor')).toBeUndefined();
    expect(parsed('__proto__=1')).toEqual(Object.fromEntries([['__proto__', '1']]));
  });
});
