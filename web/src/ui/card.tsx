import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';

interface CardProps {
  readonly title: string;
  readonly lead?: ComponentChildren;
  readonly children?: ComponentChildren;
  readonly kind?: 'danger';
}

export const Card = ({ title, lead, children, kind }: CardProps): JSX.Element => {
  const id = useId();
  return (
    <section class={`card${kind ? ` card-${kind}` : ''}`} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {lead && <p class="lead">{lead}</p>}
      {children}
    </section>
  );
};

export const Badge = ({ kind = 'plain', children }: { readonly kind?: 'plain' | 'good' | 'warn' | 'accent'; readonly children: ComponentChildren }): JSX.Element => (
  <span class={`badge badge-${kind}`}>{children}</span>
);
