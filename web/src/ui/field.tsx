import type { ComponentChildren, JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { t } from '../i18n';
import { Icon } from './icons';

interface InputFacts {
  readonly type?: 'text' | 'email' | 'search' | 'password';
  readonly autocomplete?: string;
  readonly autocapitalize?: 'off';
  readonly spellcheck?: boolean;
  readonly required?: boolean;
  readonly maxLength?: number;
}

interface FieldProps extends InputFacts {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly hint?: ComponentChildren;
  readonly fault?: string | null;
  /** Beside the input, inside its frame. */
  readonly aside?: ComponentChildren;
}

/** A label, an input, and what is to be said of it; the line for faults is there from the beginning, so that nothing moves. */
export const Field = ({ label, type = 'text', value, onValue, hint, fault = null, aside, ...rest }: FieldProps): JSX.Element => {
  const id = useId();
  // Each type has its own roles in Preact's types; none is given here.
  const input = { ...rest, type } as Omit<InputFacts, 'type'> & { readonly type: 'text'; readonly name: string };
  return (
    <div class={`field${fault ? ' field-wrong' : ''}`}>
      <label for={id}>{label}</label>
      <div class="field-frame">
        <input {...input} id={id} value={value} aria-invalid={fault ? true : undefined} aria-describedby={`${id}-says`} onInput={(event) => onValue(event.currentTarget.value)} />
        {aside}
      </div>
      <p class="field-says" id={`${id}-says`} aria-live="polite">
        {fault ?? hint}
      </p>
    </div>
  );
};

type PasswordProps = Omit<FieldProps, 'type' | 'aside'> & { readonly autocomplete: 'current-password' | 'new-password' };

export const PasswordField = (props: PasswordProps): JSX.Element => {
  const [isShown, show] = useState(false);
  return (
    <Field
      {...props}
      type={isShown ? 'text' : 'password'}
      spellcheck={false}
      autocapitalize="off"
      aside={
        <button type="button" class="field-button" aria-pressed={isShown} aria-label={t('password.show')} title={t('password.show')} onClick={() => show(!isShown)}>
          <Icon name={isShown ? 'hide' : 'show'} />
        </button>
      }
    />
  );
};

interface SelectProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly onValue: (value: string) => void;
  readonly hint?: string;
}

export const Select = ({ label, name, value, options, onValue, hint }: SelectProps): JSX.Element => {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="field-frame">
        <select id={id} name={name} value={value} aria-describedby={hint === undefined ? undefined : `${id}-says`} onChange={(event) => onValue(event.currentTarget.value)}>
          {options.map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </select>
      </div>
      {hint !== undefined && (
        <p class="field-says" id={`${id}-says`}>
          {hint}
        </p>
      )}
    </div>
  );
};

interface CheckProps {
  readonly label: ComponentChildren;
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
  readonly hint?: string;
  readonly name?: string;
}

export const Check = ({ label, isChecked, onChange, hint, name }: CheckProps): JSX.Element => (
  <label class="check">
    <input type="checkbox" name={name} checked={isChecked} onChange={(event) => onChange(event.currentTarget.checked)} />
    <span>
      {label}
      {hint !== undefined && <small>{hint}</small>}
    </span>
  </label>
);
