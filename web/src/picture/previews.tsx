import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import type { Crop } from '../service/types';

const SIZES = [128, 64, 32] as const;

interface PreviewProps {
  readonly image: HTMLImageElement;
  readonly crop: Crop | null;
}

const Preview = ({ image, crop, size }: PreviewProps & { readonly size: number }): JSX.Element => {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pixels = Math.round(size * Math.min(2, devicePixelRatio));
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !crop) return;
    context.clearRect(0, 0, pixels, pixels);
    context.imageSmoothingQuality = 'high';
    context.drawImage(image, crop.x, crop.y, crop.size, crop.size, 0, 0, pixels, pixels);
  }, [image, crop, pixels]);
  return <canvas ref={canvas} class={`avatar avatar-${size}`} width={pixels} height={pixels} />;
};

/** As others will see it, at three sizes. */
export const Previews = ({ image, crop }: PreviewProps): JSX.Element => (
  <div class="previews" role="img" aria-label={t('picture.previews')}>
    {SIZES.map((size) => (
      <Preview key={size} image={image} crop={crop} size={size} />
    ))}
  </div>
);
