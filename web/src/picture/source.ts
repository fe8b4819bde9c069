import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';

export interface Source {
  /** Upright, as the browser decodes it; null until then. */
  readonly image: HTMLImageElement | null;
  /** This browser cannot show it; whether it is a picture, the service knows. */
  readonly isUnreadable: boolean;
  readonly release: () => void;
}

/** The chosen file as a picture, on this machine alone. */
export const useSource = (file: File): Source => {
  const url = useMemo(() => URL.createObjectURL(file), [file]);
  const [state, setState] = useState<{ readonly image: HTMLImageElement | null; readonly isUnreadable: boolean }>({ image: null, isUnreadable: false });
  const release = useCallback(() => URL.revokeObjectURL(url), [url]);
  useEffect(() => {
    const image = new Image();
    image.onload = () => setState({ image, isUnreadable: false });
    image.onerror = () => setState({ image: null, isUnreadable: true });
    image.src = url;
  }, [url]);
  return { ...state, release };
};
