declare module '../../kernel/events/event-map.js' {
  interface EventMap {
    'user.created': { readonly userId: string; readonly version: number };
    /** `endsSessions`: whatever sessions the user has are over, all of them. */
    'user.changed': { readonly userId: string; readonly version: number; readonly endsSessions: boolean };
    /** `pictureKey` is the uploaded picture the user leaves behind; others may have the same one. */
    'user.deleted': { readonly userId: string; readonly version: number; readonly pictureKey: string | null };
    /** `key` null: back to the generated picture. */
    'avatar.changed': { readonly userId: string; readonly version: number; readonly key: string | null; readonly supersededKey: string | null };
  }
}

export {};
