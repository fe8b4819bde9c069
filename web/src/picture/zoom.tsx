import type { JSX } from 'preact';
import { t } from '../i18n';
import { Icon } from '../ui/icons';

export const MAX_ZOOM = 4;

/** For the keyboard, and for whoever has neither a wheel nor two fingers. */
export const Zoom = ({ value, onValue }: { readonly value: number; readonly onValue: (zoom: number) => void }): JSX.Element => (
  <label class="zoom">
    <Icon name="minus" />
    <span class="unseen">{t('picture.zoom')}</span>
    <input type="range" name="zoom" min={1} max={MAX_ZOOM} step={0.05} value={value} onInput={(event) => onValue(Number(event.currentTarget.value))} />
    <Icon name="plus" />
  </label>
);
