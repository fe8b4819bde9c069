/** Who is asking, as the global guard established it for this request. Roles come from the user's row, never from the token. */
export interface Principal {
  readonly userId: string;
  readonly sessionId: string;
  readonly tokenId: string;
  readonly roles: readonly string[];
}

export const isAdmin = (principal: Principal): boolean => principal.roles.includes('admin');
