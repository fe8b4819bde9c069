import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** One for each form on the page that holds what was typed and not saved. */
const marks = new Set<symbol>();

/** What somebody wanted to do that would lose it; the shell asks whether they mean it. */
export const leaving = signal<(() => void) | null>(null);

export const hasUnsaved = (): boolean => marks.size > 0;

/** The browser's own question, for what leaves the page altogether. Only while there is something to lose: pages that listen are not kept for going back. */
const askToStay = (event: Event): void => event.preventDefault();

const mark = (): (() => void) => {
  const mine = Symbol('unsaved');
  marks.add(mine);
  addEventListener('beforeunload', askToStay);
  return () => {
    marks.delete(mine);
    if (!hasUnsaved()) removeEventListener('beforeunload', askToStay);
  };
};

/** Says of the form that calls it whether it holds something that leaving would lose. */
export const useUnsaved = (isUnsaved: boolean): void => {
  useEffect(() => (isUnsaved ? mark() : undefined), [isUnsaved]);
};

/** Does it now, or, where something would be lost, once somebody has said so. */
export const whenNothingIsLost = (go: () => void): void => {
  if (hasUnsaved()) leaving.value = go;
  else go();
};

/** Does what waited for it. What was typed goes with its form. */
export const discard = (): void => {
  const go = leaving.value;
  leaving.value = null;
  go?.();
};
