import { Body, type ArgumentMetadata, type PipeTransform, type Type } from '@nestjs/common';
import { ApiBody } from '@nestjs/swagger';
import { StrictValidationPipe } from './strict-validation.pipe.js';

/** A body that may be left out; then it is its DTO with nothing in it. `DTO | undefined` would tell the pipe nothing, and go unchecked. */
export const OptionalBody =
  <T extends object>(dto: Type<T>): ParameterDecorator =>
  (target, key, index) => {
    Body(new OptionalBodyPipe(dto))(target, key, index);
    const descriptor = key === undefined ? undefined : Object.getOwnPropertyDescriptor(target, key);
    if (descriptor) ApiBody({ type: dto, required: false })(target, key!, descriptor);
  };

class OptionalBodyPipe implements PipeTransform<unknown, Promise<unknown>> {
  private readonly strict = new StrictValidationPipe();

  constructor(private readonly dto: Type) {}

  transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    return this.strict.transform(value ?? {}, { ...metadata, metatype: this.dto });
  }
}
