import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ownAddress, settings } from '../settings';
import { signedPicture } from '../service/pictures';
import type { Avatar as AvatarFacts } from '../service/types';

interface AvatarProps {
  readonly user: { readonly id: string; readonly avatar: AvatarFacts };
  readonly size: 32 | 64 | 128 | 256;
  /** Left out where the name stands beside it. */
  readonly alt?: string;
}

/** Twice as large as it is shown, for dense screens. */
const DENSE = { 32: 64, 64: 128, 128: 256, 256: 512 } as const;

/**
 * By the URL that names the bytes: a new picture is another URL, so that every place on the page changes with the account.
 * Where pictures are private, by a signed one.
 */
export const Avatar = ({ user, size, alt = '' }: AvatarProps): JSX.Element => {
  const { avatar, id } = user;
  const wanted = DENSE[size];
  const [signed, setSigned] = useState<string | null>(null);
  const isPrivate = settings.avatarAccess === 'private';
  useEffect(() => {
    if (!isPrivate) return;
    let isGone = false;
    signedPicture(id, wanted).then(
      (url) => !isGone && setSigned(url),
      () => !isGone && setSigned(null),
    );
    return () => void (isGone = true);
  }, [id, avatar.version, wanted, isPrivate]);
  const url = isPrivate ? signed : avatar.sizes[wanted];
  return <img class={`avatar avatar-${size}`} src={url === null ? undefined : ownAddress(url)} width={size} height={size} alt={alt} draggable={false} />;
};
