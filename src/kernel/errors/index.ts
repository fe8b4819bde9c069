export { AppError, type AppErrorOptions, type FieldFault } from './app-error.js';
export * from './common.errors.js';
