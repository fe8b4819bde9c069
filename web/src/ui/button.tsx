import type { ComponentChildren, JSX } from 'preact';
import { Icon, type IconName } from './icons';

interface ButtonProps extends Omit<JSX.IntrinsicElements['button'], 'icon' | 'size'> {
  readonly kind?: 'primary' | 'quiet' | 'danger' | 'plain';
  readonly icon?: IconName;
  /** Under way: it cannot be pressed again, and stays as wide as it is. */
  readonly isBusy?: boolean;
  readonly children: ComponentChildren;
}

export const Button = ({ kind = 'quiet', icon, isBusy = false, type = 'button', disabled, children, onClick, ...rest }: ButtonProps): JSX.Element => (
  // Not `disabled` while busy: that would take the focus away from whoever works by keyboard.
  <button
    {...rest}
    type={type}
    class={`button button-${kind}`}
    disabled={disabled}
    aria-busy={isBusy || undefined}
    onClick={(event) => {
      if (isBusy) event.preventDefault();
      else onClick?.(event);
    }}
  >
    {icon && <Icon name={icon} size={18} />}
    <span>{children}</span>
  </button>
);
