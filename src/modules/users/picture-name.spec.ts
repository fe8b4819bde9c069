import { describe, expect, it } from '@jest/globals';
import { PIPELINE_VERSION, RENDERER_VERSION, colourOf, digestOf, generatedKeyOf, initialsOf, parseDigest, recipeOf } from './picture-name.js';

describe('initials', () => {
  it.each([
    ['Ada Lovelace', 'AL'],
    ['ada', 'A'],
    ['A', 'A'],
    ['  Ada   King  Lovelace ', 'AL'],
    ['“Ada” (Lovelace)', 'AL'],
    ['Ada & —', 'A'],
    ['e\u0301mile zola', 'ÉZ'],
    ['ßeta ﬁn', 'SF'],
    ['7 of 9', '79'],
    ['王小明', '王'],
    ['👩🏽‍🚀 Ada', '👩🏽‍🚀A'],
    ['🇩🇪', '🇩🇪'],
    ['नमस्ते दुनिया', 'नदु'],
    ['محمد علي', 'م'],
    ['דוד לוי', 'דל'],
    ['ნინო', 'ნ'],
    ['ŉ ada', 'NA'],
    ['ʻokina ʼnda', 'ON'],
    ['ʻ', 'ʻ'],
    ['ᾳδης ᾶ', 'ᾼᾶ'],
    ['ΐος ǰan', 'ΐǰ'],
    ['άννα ὀδυσσεύς', 'ΆὈ'],
    ['եւա և', 'ԵԵ'],
  ])('of %j are %j', (displayName, initials) => {
    expect(initialsOf(displayName, 'somebody')).toBe(initials);
  });

  it.each([null, '', '   ', '\u00a0\u3000', '…!?', '-_-', '\u200b\u200d'])('come from the username when the display name %j has none', (displayName) => {
    expect(initialsOf(displayName, 'ada.l')).toBe('A');
    expect(initialsOf(displayName, '4ever')).toBe('4');
  });

  it('are a neutral mark when there is nothing to show at all', () => {
    expect(initialsOf('!!!', '...')).toBe('•');
  });

  it('never cut a surrogate pair, nor keep a pile of combining marks', () => {
    const pile = `Z${'\u0337'.repeat(500)}`;
    expect([...initialsOf(pile, 'z')].length).toBeLessThanOrEqual(16);
    expect(initialsOf('𝒜da 𝒷ob', 'x')).toBe('𝒜𝒷');
  });
});

describe('a user’s colour', () => {
  const ids = Array.from({ length: 200 }, (_, index) => `01938f3c-7a10-7c3e-9a52-${String(index).padStart(12, '0')}`);

  it('is the user’s own, and always the same', () => {
    expect(colourOf(ids[0]!)).toBe(colourOf(ids[0]!));
    expect(new Set(ids.map(colourOf)).size).toBeGreaterThan(100);
  });

  it('is dark enough for white letters', () => {
    for (const id of ids) {
      const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colourOf(id).slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
      expect(1.05 / (0.2126 * red! + 0.7152 * green! + 0.0722 * blue! + 0.05)).toBeGreaterThanOrEqual(4.5);
    }
  });
});

describe('the name of a picture', () => {
  const generatedKey = generatedKeyOf({ initials: 'AL', colour: '#123456' });
  const pictureKey = 'ab'.repeat(32);

  it('is read back as it was said', () => {
    expect(parseDigest(digestOf({ pictureKey, defaultKey: 'f'.repeat(64), generatedKey }))).toEqual({ kind: 'uploaded', version: PIPELINE_VERSION, key: pictureKey });
    expect(parseDigest(digestOf({ pictureKey: null, defaultKey: null, generatedKey }))).toEqual({ kind: 'generated', version: RENDERER_VERSION, key: generatedKey });
    expect(parseDigest(digestOf({ pictureKey: null, defaultKey: pictureKey, generatedKey }))).toEqual({ kind: 'uploaded', version: PIPELINE_VERSION, key: pictureKey });
  });

  it.each(['', 'u1-', `u0-${pictureKey}`, `u01-${pictureKey}`, `u1-${pictureKey.toUpperCase()}`, `u1-${pictureKey}0`, `g1-${pictureKey}`, `u1-${generatedKey}`, `x1-${generatedKey}`, `g1-${generatedKey}\n`])(
    'is not %j',
    (digest) => {
      expect(parseDigest(digest)).toBeNull();
    },
  );

  it('differs with the initials and with the colour', () => {
    expect(generatedKeyOf({ initials: 'AL', colour: '#123457' })).not.toBe(generatedKey);
    expect(generatedKeyOf({ initials: 'LA', colour: '#123456' })).not.toBe(generatedKey);
  });

  it('follows a rename', () => {
    const ada = { id: '01938f3c-7a10-7c3e-9a52-000000000001', username: 'ada', displayName: 'Ada' };
    expect(generatedKeyOf(recipeOf({ ...ada, displayName: 'Bea' }))).not.toBe(generatedKeyOf(recipeOf(ada)));
  });
});
