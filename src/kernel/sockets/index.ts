export { addressToListenAt, cannotListen, CannotListenError } from './listening.js';
export { hearListeningFaults } from './listening-faults.js';
export { asksForLoopback, hasOneHost } from './requested-host.js';
