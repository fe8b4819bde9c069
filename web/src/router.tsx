import { signal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { basePath } from './settings';
import { hasUnsaved, whenNothingIsLost } from './unsaved';

const root = `${basePath}/account`;

const viewOf = (pathname: string): string => (pathname.startsWith(root) ? pathname.slice(root.length).replace(/\/+$/, '') || '/' : '/');

/** The view that the address names: `/`, `/devices`, `/admin/users`. */
export const view = signal(viewOf(location.pathname));
/** What stands behind the question mark. */
export const query = signal(new URLSearchParams(location.search));

const follow = (): void => {
  view.value = viewOf(location.pathname);
  query.value = new URLSearchParams(location.search);
};

/** Entries of the history that this page has made are counted, so that a step back can be taken back. */
const placeIn = (state: unknown): number | null => (typeof state === 'object' && state !== null && 'place' in state && typeof state.place === 'number' ? state.place : null);

let place = placeIn(history.state) ?? 0;
history.replaceState({ place }, '');
let isReturning = false;
let isLeaving = false;

addEventListener('popstate', ({ state }) => {
  const steps = (placeIn(state) ?? place) - place;
  if (isReturning || steps === 0) {
    isReturning = false;
    history.replaceState({ place }, '');
    follow();
    return;
  }
  if (isLeaving || !hasUnsaved()) {
    isLeaving = false;
    place += steps;
    follow();
    return;
  }
  // The browser has gone already: back to where the form is, and there once more when it may be lost.
  isReturning = true;
  history.go(-steps);
  whenNothingIsLost(() => {
    isLeaving = true;
    history.go(steps);
  });
});

export const hrefOf = (target: string): string => (target === '/' ? root : root + target);

interface Move {
  /** Takes the place of the present entry of the history. */
  readonly replace?: boolean;
}

export const goTo = (target: string, { replace = false }: Move = {}): void => {
  if (replace) history.replaceState({ place }, '', hrefOf(target));
  else history.pushState({ place: ++place }, '', hrefOf(target));
  follow();
  scrollTo(0, 0);
};

interface LinkProps {
  readonly to: string;
  readonly class?: string;
  readonly 'aria-current'?: 'page';
  readonly 'aria-label'?: string;
  readonly children: ComponentChildren;
}

/** An ordinary link, followed without loading the document again; it asks first where that would lose what was typed. */
export const Link = ({ to, children, ...rest }: LinkProps): JSX.Element => (
  <a
    {...rest}
    href={hrefOf(to)}
    onClick={(event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      whenNothingIsLost(() => goTo(to));
    }}
  >
    {children}
  </a>
);

/** Takes the one-time token of a mailed link out of the address, so that it stays in no history. */
export const takeToken = (): string | null => {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token !== null) history.replaceState({ place }, '', location.pathname + location.search);
  return token;
};
