declare module '../../kernel/events/event-map.js' {
  interface EventMap {
    'user.created': { readonly userId: string; readonly version: number };
    /** `endsSessions`: whatever sessions the user has are over, all of them. */
    'user.changed': { readonly userId: string; readonly version: number; readonly endsSessions: boolean };
    /** The keys are the uploaded and the generated picture that the user leaves behind; others may have the same ones. */
    'user.deleted': { readonly userId: string; readonly version: number; readonly pictureKey: string | null; readonly generatedKey: string };
    /** `key` null: back to the generated picture. */
    'avatar.changed': { readonly userId: string; readonly version: number; readonly key: string | null; readonly supersededKey: string | null };
    /** Users without a picture are shown with another one; `holderId` stands for all of them where uses are counted. Before the commit only. */
    'default_picture.changed': { readonly holderId: string; readonly key: string | null; readonly supersededKey: string | null };
    /** Awaited phases only. `keptSessionId`: the one session that goes on, under `sessionEpoch`; null: none. */
    'password.changed': {
      readonly userId: string;
      readonly version: number;
      readonly sessionEpoch: number;
      readonly keptSessionId: string | null;
      readonly keepApiKeys: boolean;
    };
    /** Every session of the user that had begun before is over but `keptSessionId`, if that is one. */
    'sessions.ended': { readonly userId: string; readonly version: number; readonly keptSessionId: string | null };
    /** Null: as it was. Awaited phases only. */
    'standing.changed': { readonly userId: string; readonly version: number; readonly roles: readonly string[] | null; readonly disabled: boolean | null };
    /** A new address waits for its confirmation. Awaited phases only. */
    'email.change_requested': { readonly userId: string; readonly version: number };
    /** The address of an account was proved for the first time. Awaited phases only. */
    'email.verified': { readonly userId: string; readonly version: number };
    /** Another address is in force. Awaited phases only: an address never leaves the instance. */
    'email.changed': { readonly userId: string; readonly version: number; readonly previousEmail: string };
  }
}

export {};
