/** Thrown by a readiness check; the message is shown to whoever asks, so it holds no address and no secret. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
}
