import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import { RouteFacts } from '../route-config.js';

/** Metadata key that the guard reads. */
export const IS_PUBLIC = 'likeness:public';

/** The OpenAPI extension by which the document learns it; removed before it is served. */
export const PUBLIC_EXTENSION = 'x-likeness-public';

/** Anyone may call this route or controller; without it a bearer token is required. */
export const Public = (): MethodDecorator & ClassDecorator => applyDecorators(SetMetadata(IS_PUBLIC, true), ApiExtension(PUBLIC_EXTENSION, true), publicRoute);

/** Fastify's hooks see it too, where a single route is marked. */
const publicRoute: ClassDecorator & MethodDecorator = (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
  if (key !== undefined && descriptor) RouteFacts({ isPublic: true })(target, key, descriptor);
};
