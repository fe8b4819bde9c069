import { applyDecorators } from '@nestjs/common';
import { RouteFacts } from './route-config.js';

/** The body reaches the handler unread in `request.raw`, whatever its declared type: the handler bounds it. For uploads. */
export const RawBody = (): MethodDecorator => applyDecorators(RouteFacts({ rawBody: true }));

/** The body is a form, which the handler takes by `@FormParameters()`; JSON is refused (415). */
export const FormBody = (): MethodDecorator => applyDecorators(RouteFacts({ formBody: true }));

/** Pages of any origin may show the answer (`Cross-Origin-Resource-Policy: cross-origin`). For pictures. */
export const Embeddable = (): MethodDecorator => applyDecorators(RouteFacts({ embeddable: true }));

/** `Accept` chooses the answer, so that also errors say `Vary: Accept`. */
export const Negotiates = (): MethodDecorator => applyDecorators(RouteFacts({ negotiates: true }));

/** The answer is a page that people look at: what it may load and do, in the place of the policy that allows nothing. */
export const PagePolicy = (contentSecurityPolicy: string): MethodDecorator => applyDecorators(RouteFacts({ contentSecurityPolicy }));
