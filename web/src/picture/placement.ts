import { useRef, useState } from 'preact/hooks';

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Interaction {
  readonly source: string;
}

/**
 * How far the picture is moved from the middle, in pixels of the screen at its zoom, and how far it is zoomed. The component for cropping keeps the place
 * under the pointer by itself when somebody scrolls; what is in the middle stays there by slider and by two fingers, because it is scaled along here.
 */
export const usePlacement = () => {
  const [position, setPosition] = useState<Point>({ x: 0, y: 0 });
  const [zoom, setZoom] = useState(1);
  const moved = useRef(position);
  /** While fingers are down the component tells positions as at this zoom, each before its zoom. */
  const touchedAt = useRef<number | null>(null);
  const move = (to: Point): void => {
    moved.current = to;
    setPosition(to);
  };
  const zoomFrom = (from: number, to: number): void => {
    move({ x: (moved.current.x * to) / from, y: (moved.current.y * to) / from });
    setZoom(to);
  };
  return {
    position,
    zoom,
    move,
    slide: (to: number): void => zoomFrom(zoom, to),
    gestures: {
      onZoomChange: (to: number): void => (touchedAt.current === null ? setZoom(to) : zoomFrom(touchedAt.current, to)),
      onInteractionStart: ({ source }: Interaction): void => void (touchedAt.current = source === 'touch' ? zoom : null),
      onInteractionEnd: (): void => void (touchedAt.current = null),
    },
  };
};
