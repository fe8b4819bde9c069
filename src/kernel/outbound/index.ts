export { OutboundGate, outboundFault, type OutboundRules, type Resolver } from './outbound-gate.js';
