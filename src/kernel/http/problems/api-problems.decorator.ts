import { ApiExtension } from '@nestjs/swagger';

/** Prefix of the OpenAPI extensions that carry the codes to the document; replaced by whole responses before it is served. */
export const PROBLEMS_EXTENSION = 'x-likeness-problems:';

/**
 * Documents the problem codes that this operation can answer, beyond those of every operation
 * (a bad body, a refused token, 5xx). Each code must be declared by `declareProblems`. May be used several times.
 */
export const ApiProblems = (...codes: readonly string[]): MethodDecorator & ClassDecorator => ApiExtension(PROBLEMS_EXTENSION + codes.join(','), [...codes]);
