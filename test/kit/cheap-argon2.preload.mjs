// `node --import` of this: the service hashes passwords cheaply, whether it was bundled or not.
import { replaceArgon2 } from './cheap-argon2.mjs';

replaceArgon2();
