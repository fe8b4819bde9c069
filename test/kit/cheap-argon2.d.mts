export { Algorithm, hash, verify } from '@node-rs/argon2';
export declare const useRealArgon2: () => void;
