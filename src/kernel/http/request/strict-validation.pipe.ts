import { Injectable, ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { requestInvalid, type FieldFault } from '../../errors/index.js';
import { findBrokenText } from './input-strings.js';

/**
 * Every body, query and path parameter passes here. Unknown fields are refused, nothing is converted unless its DTO says so,
 * and all faults are answered together as 400 `request.invalid`.
 */
@Injectable()
export class StrictValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      transform: true,
      transformOptions: { enableImplicitConversion: false, exposeDefaultValues: true },
      validationError: { target: false, value: false },
      exceptionFactory: (errors: ValidationError[]) => requestInvalid(faultsOf(errors)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'custom') return value;
    // No body says what an empty object says: nothing where nothing is needed, and each missing field where some are.
    if (metadata.type === 'body' && value === undefined && isDtoClass(metadata.metatype)) return super.transform({}, metadata);
    const broken = findBrokenText(value, metadata.data ?? '');
    if (broken) throw requestInvalid([broken]);
    if (metadata.type === 'body' && !metadata.data && isDtoClass(metadata.metatype) && !isPlainObject(value)) {
      throw requestInvalid([{ field: '', code: 'is_object', message: 'the body must be a JSON object' }]);
    }
    return super.transform(value, metadata);
  }
}

const isDtoClass = (metatype: unknown): boolean =>
  typeof metatype === 'function' && ![String, Boolean, Number, Array, Object, Buffer].includes(metatype as never);

const isPlainObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Nested faults flattened: `address.lines[2]`, with class-validator's constraint as `snake_case`. */
export const faultsOf = (errors: readonly ValidationError[], parent = ''): FieldFault[] =>
  errors.flatMap((error) => {
    const field = pathOf(parent, error.property);
    const own = Object.entries(error.constraints ?? {}).map(([constraint, message]) => ({ field, code: snakeCase(constraint), message }));
    return [...own, ...faultsOf(error.children ?? [], field)];
  });

const pathOf = (parent: string, property: string | undefined): string => {
  if (property === undefined) return parent;
  if (parent === '') return property;
  return /^\d+$/.test(property) ? `${parent}[${property}]` : `${parent}.${property}`;
};

const CODES: Readonly<Record<string, string>> = { whitelistValidation: 'unknown_field' };

const snakeCase = (constraint: string): string => CODES[constraint] ?? constraint.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
