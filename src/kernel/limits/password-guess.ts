import type { Charge } from './limits.service.js';

/**
 * For whoever is signed in and gives the current password. A thief with a stolen token has that one session, however many
 * addresses; the owner's other sessions are not touched by what it tries.
 */
export const passwordGuess = (sessionId: string): Charge[] => [['password-session', sessionId], ['password-address']];
