import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { bytesInWords, megapixels } from '../i18n/times';
import { settings } from '../settings';
import { Button } from '../ui/button';
import { Icon } from '../ui/icons';
import { ACCEPTED } from './limits';

/** A picture by the file dialog, dropped, or pasted; what is taken is said beforehand. */
export const Chooser = ({ onChoose }: { readonly onChoose: (file: File) => void }): JSX.Element => {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const take = (files: FileList | null | undefined): void => {
    const file = files?.[0];
    if (file) onChoose(file);
  };
  return (
    <div
      class={`drop${isOver ? ' drop-over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <Icon name="picture" size={32} />
      <p>{t('picture.drop')}</p>
      <Button kind="primary" onClick={() => input.current?.click()}>
        {t('picture.choose')}
      </Button>
      <input
        ref={input}
        hidden
        type="file"
        name="picture"
        accept={ACCEPTED}
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
      <p class="muted">{t('picture.limits', { bytes: bytesInWords(settings.avatarMaxBytes), megapixels: megapixels(settings.avatarMaxPixels) })}</p>
    </div>
  );
};
