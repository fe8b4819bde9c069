import { describe, expect, it } from '@jest/globals';
import { foldText } from './folded-names.js';

describe('foldText', () => {
  it('folds a part of a word as it is folded within the whole', () => {
    for (const [part, whole] of [['ΓΙΩΡΓΟΣ', 'ΓΙΩΡΓΟΣΙΔΗΣ'], ['γιωργος', 'Γιωργοσίδης'], ['İPEK', 'ipekçi'], ['STRASS', 'Straße']] as const) {
      expect(foldText(whole)).toContain(foldText(part));
    }
  });
});
