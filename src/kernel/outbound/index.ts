export { OutboundGate, outboundFault, type OutboundRules, type Resolver } from './outbound-gate.js';
export { settlingAgents } from './settling-agents.js';
export { outboundRequest, type OutboundRequest } from './outbound-request.js';
