import type { ComponentType, JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import EasyCrop, { type CropperProps } from 'react-easy-crop';
import 'react-easy-crop/react-easy-crop.css';
import { t } from '../i18n';
import { uploadPicture, type Whose } from '../service/pictures';
import type { Avatar, Crop } from '../service/types';
import { Alert, Failure } from '../ui/alert';
import { Button } from '../ui/button';
import { Progress } from '../ui/progress';
import { useAction } from '../ui/use-action';
import { useUnsaved } from '../unsaved';
import type { PictureKind } from './kind';
import { refusalOfPixels, refusalOfUnreadable } from './limits';
import { usePlacement } from './placement';
import { Previews } from './previews';
import { useSource } from './source';
import { Zoom, MAX_ZOOM } from './zoom';

// A React component, which Preact runs; only the types are not the same.
const Cropper = EasyCrop as unknown as ComponentType<Partial<CropperProps>>;

interface EditorProps {
  readonly whose: Whose;
  readonly file: File;
  readonly kind: PictureKind;
  readonly onDone: (avatar: Avatar) => Promise<unknown>;
  readonly onCancel: () => void;
}

interface CropPaneProps {
  readonly image: HTMLImageElement;
  readonly onCrop: (crop: Crop) => void;
}

/** The square moves over the picture by mouse, touch or arrow keys; the service is told in whole pixels inside of it. */
const CropPane = ({ image, onCrop }: CropPaneProps): JSX.Element => {
  const { position, zoom, move, slide, gestures } = usePlacement();
  const told = ({ x, y, width, height }: { x: number; y: number; width: number; height: number }): void => {
    const size = Math.max(1, Math.min(Math.round(Math.min(width, height)), image.naturalWidth, image.naturalHeight));
    onCrop({ size, x: clamp(Math.round(x), image.naturalWidth - size), y: clamp(Math.round(y), image.naturalHeight - size) });
  };
  return (
    <>
      <div class="cropper">
        <Cropper
          image={image.src}
          crop={position}
          zoom={zoom}
          maxZoom={MAX_ZOOM}
          aspect={1}
          cropShape="round"
          showGrid={false}
          objectFit="contain"
          keyboardStep={4}
          disableAutomaticStylesInjection
          {...gestures}
          onCropChange={move}
          onCropAreaChange={(_, area) => told(area)}
          mediaProps={{ alt: '' }}
          cropperProps={{ role: 'application', 'aria-label': t('picture.cropLabel') }}
        />
      </div>
      <Zoom value={zoom} onValue={slide} />
      <p class="muted">{t('picture.cropHint')}</p>
    </>
  );
};

const clamp = (value: number, max: number): number => Math.max(0, Math.min(value, max));

export const Editor = ({ whose, file, kind, onDone, onCancel }: EditorProps): JSX.Element => {
  const source = useSource(file);
  const [crop, setCrop] = useState<Crop | null>(null);
  const [sent, setSent] = useState<number | null>(null);
  const { run, isBusy, failure } = useAction(async () => {
    setSent(0);
    try {
      await onDone(await uploadPicture(whose, { picture: file, crop: source.image ? crop : null, onProgress: setSent }));
    } finally {
      setSent(null);
    }
  });
  useUnsaved(true);
  const refusal = useMemo(
    () => (source.image ? refusalOfPixels(source.image.naturalWidth, source.image.naturalHeight) : source.isUnreadable ? refusalOfUnreadable(kind) : null),
    [source, kind],
  );
  useEffect(() => () => source.release(), [source.release]);
  return (
    <div class="editor">
      <h2 class="unseen">{t('picture.crop')}</h2>
      {source.isUnreadable && !refusal && <Alert kind="warning">{t('picture.noPreview', { name: file.name })}</Alert>}
      <Failure failure={refusal ?? failure} />
      {source.image && !refusal && <CropPane image={source.image} onCrop={setCrop} />}
      {source.image && !refusal && <Previews image={source.image} crop={crop} />}
      {sent !== null && <Progress part={sent} />}
      <div class="actions">
        <Button onClick={onCancel}>{t('action.cancel')}</Button>
        <Button kind="primary" isBusy={isBusy} disabled={refusal !== null || (!source.isUnreadable && crop === null)} onClick={() => void run()}>
          {t(failure === null ? 'picture.upload' : 'action.retry')}
        </Button>
      </div>
    </div>
  );
};
