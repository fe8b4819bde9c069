import { applyDecorators, SetMetadata, type Type } from '@nestjs/common';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

/** Decides for each request whether it may pass without a bearer token. A provider of the module whose routes it guards. */
export abstract class PublicGate {
  /** True: let it pass. False: a bearer token is required. May throw what the caller is to be told instead. */
  abstract admits(request: FastifyRequest): boolean | Promise<boolean>;
}

/** Metadata key that the guard reads. */
export const PUBLIC_GATE = 'likeness:public-gate';

/** The OpenAPI extension by which the document learns it; removed before it is served. */
export const GATE_EXTENSION = 'x-likeness-gated';

/** Anyone may call this route where the gate says so; elsewhere a bearer token is required. */
export const PublicWhere = (gate: Type<PublicGate>): MethodDecorator & ClassDecorator =>
  applyDecorators(SetMetadata(PUBLIC_GATE, gate), ApiSecurity({}), ApiExtension(GATE_EXTENSION, true));
