import type { ComponentChildren, JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { t } from '../i18n';
import { Failure } from './alert';
import { Button } from './button';
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

interface SavedFormProps extends FormProps {
  readonly isSaved: boolean;
  readonly isBusy: boolean;
}

/** A form for what is kept; that it was kept is said beside the button, in a place that is there from the beginning. */
export const SavedForm = ({ isSaved, isBusy, children, ...form }: SavedFormProps): JSX.Element => (
  <Form {...form}>
    {children}
    <div class="actions">
      <span class="saved" role="status">
        {isSaved && t('state.saved')}
      </span>
      <Button kind="primary" type="submit" isBusy={isBusy}>
        {t('action.save')}
      </Button>
    </div>
  </Form>
);
