import { ValidateIf } from 'class-validator';

/** May be left out, but not null. (class-validator's `@IsOptional()` lets null pass, which a merge patch means as "clear".) */
export const MayBeAbsent = (): PropertyDecorator => ValidateIf((_, value: unknown) => value !== undefined);

/** May be left out; null clears it (RFC 7396). */
export const MayBeNull = (): PropertyDecorator => ValidateIf((_, value: unknown) => value !== undefined && value !== null);
