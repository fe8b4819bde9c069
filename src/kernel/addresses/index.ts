export { ClientAddresses } from './client-addresses.js';
export { networkOf } from './network.js';
export { parseAddress } from './parse-address.js';
export { TrustedNetworks } from './trusted-networks.js';
