export { OutboundGate, outboundFault, type Resolver } from './outbound-gate.js';
