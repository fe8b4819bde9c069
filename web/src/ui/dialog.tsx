import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { Failure } from './alert';
import { Button } from './button';
import { useAction } from './use-action';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** The browser's own: it keeps the focus, and Escape closes it. */
export const Dialog = ({ title, onClose, children }: DialogProps): JSX.Element => {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    element.current?.showModal();
  }, []);
  return (
    <dialog ref={element} class="dialog" aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
};

interface ConfirmProps {
  readonly title: string;
  readonly text: ComponentChildren;
  readonly action: string;
  /** What the other button says; “Cancel” unless given. */
  readonly cancel?: string;
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before something that cannot be taken back. */
export const Confirm = ({ title, text, action, cancel, onConfirm, onClose }: ConfirmProps): JSX.Element => {
  const { run, isBusy, failure } = useAction(onConfirm);
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <Failure failure={failure} />
      <div class="actions">
        <Button onClick={onClose}>{cancel ?? t('action.cancel')}</Button>
        <Button kind="danger" isBusy={isBusy} onClick={() => void run().then((isDone) => isDone && onClose())}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
};
