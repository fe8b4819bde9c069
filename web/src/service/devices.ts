import { answered, api } from './client';
import type { SessionEntry } from './types';

export const myDevices = async (): Promise<readonly SessionEntry[]> => (await answered(api.GET('/v1/auth/sessions'))).items;

export const endDevice = (sessionId: string): Promise<void> => answered(api.DELETE('/v1/auth/sessions/{sessionId}', { params: { path: { sessionId } } }));

export const endOtherDevices = (): Promise<void> => answered(api.POST('/v1/auth/logout-all', { body: { keepCurrent: true } }));
