import type { ComponentChildren, JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { Failure } from './alert';
import { isSaidByFields } from './problem-text';

interface FormProps {
  readonly onSubmit: () => Promise<boolean>;
  readonly failure: unknown;
  /** The fields that say their own faults. */
  readonly fields?: readonly string[];
  readonly children: ComponentChildren;
  readonly label?: string;
}

/** A form that the script sends. After a refusal the focus goes to the first field that is wrong. */
export const Form = ({ onSubmit, failure, fields = [], children, label }: FormProps): JSX.Element => {
  const element = useRef<HTMLFormElement>(null);
  const submit = async (): Promise<void> => {
    if (await onSubmit()) return;
    requestAnimationFrame(() => element.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus());
  };
  return (
    <form
      ref={element}
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {!isSaidByFields(failure, fields) && <Failure failure={failure} />}
      {children}
    </form>
  );
};
