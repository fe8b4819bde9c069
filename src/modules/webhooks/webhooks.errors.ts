import { AppError } from '../../kernel/errors/index.js';
import { declareProblems } from '../../kernel/http/index.js';

declareProblems({
  'webhook.not_found': 404,
  'webhook.delivery_not_found': 404,
  'webhook.limit': 409,
});

export const webhookNotFound = (): AppError => new AppError('webhook.not_found', 404, 'There is no such webhook.');

export const deliveryNotFound = (): AppError => new AppError('webhook.delivery_not_found', 404, 'This webhook has no such delivery, or it is no longer kept.');

export const webhookLimit = (limit: number): AppError => new AppError('webhook.limit', 409, `There are at most ${limit} webhooks; delete one first.`);
