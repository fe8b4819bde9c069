import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface AuthCardProps {
  readonly title: string;
  readonly lead?: ComponentChildren;
  readonly children?: ComponentChildren;
  readonly foot?: ComponentChildren;
}

/** What is shown to whoever is not signed in: one thing at a time. */
export const AuthCard = ({ title, lead, children, foot }: AuthCardProps): JSX.Element => (
  <section class="auth-card card">
    <Title text={title} />
    {lead && <p class="lead">{lead}</p>}
    {children}
    {foot && <div class="auth-foot">{foot}</div>}
  </section>
);

/** The heading of a view takes the focus when the view opens, so that a screen reader begins there. The first one of a page does not. */
let isFirst = true;

export const Title = ({ text }: { readonly text: string }): JSX.Element => {
  const element = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!isFirst) element.current?.focus();
    isFirst = false;
  }, []);
  useEffect(() => {
    document.title = `${text} · Likeness`;
  }, [text]);
  return (
    <h1 ref={element} tabIndex={-1}>
      {text}
    </h1>
  );
};
