import { requestInvalid, type FieldFault } from '../../../kernel/errors/index.js';

/**
 * The square to show, in pixels of the picture as people see it: after the orientation that its Exif data asks for, which is
 * how browsers draw it, and so what a cropping tool measures. (0, 0) is the top left corner.
 */
export interface PictureCrop {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

export const CROP_FIELDS = ['cropX', 'cropY', 'cropSize'] as const;
export type CropField = (typeof CROP_FIELDS)[number];

/** Digits that cannot overflow; the picture itself is the limit that counts. */
const WHOLE_NUMBER = /^\d{1,9}$/;

const MINIMUM: Readonly<Record<CropField, number>> = { cropX: 0, cropY: 0, cropSize: 1 };

/** All three fields or none (null). Throws 400 `request.invalid` with every fault. */
export function cropOf(fields: Readonly<Partial<Record<CropField, unknown>>>): PictureCrop | null {
  if (CROP_FIELDS.every((field) => fields[field] === undefined)) return null;
  const faults = CROP_FIELDS.flatMap((field) => faultOf(field, fields[field]));
  if (faults.length > 0) throw requestInvalid(faults);
  return { x: Number(fields.cropX), y: Number(fields.cropY), size: Number(fields.cropSize) };
}

/** Throws 400 `request.invalid` unless the square lies inside a picture of these sides. */
export function requireInside({ x, y, size }: PictureCrop, width: number, height: number): void {
  const faults: FieldFault[] = [];
  const outside = (field: CropField, message: string): void => void faults.push({ field, code: 'inside_picture', message });
  if (size > Math.min(width, height)) outside('cropSize', `the picture is ${width} × ${height} pixels; cropSize must not be greater than ${Math.min(width, height)}`);
  else {
    if (x + size > width) outside('cropX', `the picture is ${width} pixels wide; cropX must not be greater than ${width - size} with this cropSize`);
    if (y + size > height) outside('cropY', `the picture is ${height} pixels high; cropY must not be greater than ${height - size} with this cropSize`);
  }
  if (faults.length > 0) throw requestInvalid(faults);
}

/** How the crop stands in the picture's key: another crop is another picture. */
export const cropTag = (crop: PictureCrop | null): string => (crop ? `${crop.x},${crop.y},${crop.size}` : 'centre');

function faultOf(field: CropField, value: unknown): FieldFault[] {
  if (value === undefined) return [{ field, code: 'is_defined', message: `send ${CROP_FIELDS.join(', ')} together, or none of them` }];
  const isGood = typeof value === 'string' && WHOLE_NUMBER.test(value) && Number(value) >= MINIMUM[field];
  return isGood ? [] : [{ field, code: 'is_int', message: `${field} must be a whole number of pixels, at least ${MINIMUM[field]}` }];
}
