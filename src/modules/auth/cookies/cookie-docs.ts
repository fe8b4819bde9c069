/** For the OpenAPI document. */
export const SET_COOKIE_HEADER = {
  'Set-Cookie': { description: 'The refresh token, where it is transported as a cookie.', schema: { type: 'string' as const, example: '__Host-likeness_refresh=lr_…; HttpOnly; Secure; SameSite=Strict; Path=/; Max-Age=1209600' } },
};
