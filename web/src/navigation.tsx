import type { JSX, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t, type MessageKey } from './i18n';
import { Link, view } from './router';
import { isAdmin } from './state/account';
import { Icon, type IconName } from './ui/icons';

type Entry = readonly [view: string, label: MessageKey, icon: IconName];

const OWN: readonly Entry[] = [
  ['/', 'nav.profile', 'person'],
  ['/picture', 'nav.picture', 'picture'],
  ['/password', 'nav.password', 'lock'],
  ['/devices', 'nav.devices', 'devices'],
  ['/keys', 'nav.keys', 'key'],
  ['/data', 'nav.data', 'data'],
];
const ADMIN: readonly Entry[] = [
  ['/admin/users', 'nav.users', 'people'],
  ['/admin/audit', 'nav.audit', 'log'],
];

const isHere = (target: string): boolean => view.value === target || (target.startsWith('/admin/') && view.value.startsWith(`${target}/`));

const NavLinks = ({ entries }: { readonly entries: readonly Entry[] }): JSX.Element => (
  <ul>
    {entries.map(([target, label, icon]) => (
      <li key={target}>
        <Link to={target} aria-current={isHere(target) ? 'page' : undefined}>
          <Icon name={icon} />
          <span>{t(label)}</span>
        </Link>
      </li>
    ))}
  </ul>
);

/** Subpixels at the end of a strip are nothing more to see. */
const NEARLY_PX = 2;

/** So much of the neighbour is to be seen beside the current entry. */
const NEIGHBOUR_PX = 56;

/** Scrolls the strip alone: `scrollIntoView` would move the page, too. */
const reveal = (strip: HTMLElement): void => {
  const current = strip.querySelector('[aria-current]')?.getBoundingClientRect();
  if (!current) return;
  const { left, right } = strip.getBoundingClientRect();
  const before = current.left - left - NEIGHBOUR_PX;
  const behind = current.right - right + NEIGHBOUR_PX;
  if (before < 0) strip.scrollLeft += before;
  else if (behind > 0) strip.scrollLeft += behind;
};

/** Keeps the current entry in sight where the entries are a strip that scrolls, and says beyond which edges there is more. */
const useStrip = (strip: RefObject<HTMLElement | null>): string => {
  const [edges, setEdges] = useState('');
  const here = view.value;
  useEffect(() => {
    const element = strip.current!;
    const look = (): void => {
      const { scrollLeft, scrollWidth, clientWidth } = element;
      setEdges([scrollLeft > NEARLY_PX && 'nav-more-start', scrollLeft + clientWidth < scrollWidth - NEARLY_PX && 'nav-more-end'].filter(Boolean).join(' '));
    };
    const resized = new ResizeObserver(() => {
      reveal(element);
      look();
    });
    resized.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [strip]);
  useEffect(() => {
    reveal(strip.current!);
  }, [strip, here]);
  return edges;
};

export const Navigation = (): JSX.Element => {
  const strip = useRef<HTMLElement>(null);
  const edges = useStrip(strip);
  return (
    <nav ref={strip} class={`nav ${edges}`} aria-label={t('nav.label')}>
      <NavLinks entries={OWN} />
      {isAdmin() && (
        <>
          <p class="nav-heading">{t('nav.admin')}</p>
          <NavLinks entries={ADMIN} />
        </>
      )}
    </nav>
  );
};
