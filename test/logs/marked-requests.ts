import type { DocumentedApi, MediaType, OperationObject } from '../kit/documented-api.js';
import type { RegisteredUser } from '../kit/api.js';
import { emailHash, type MarkedWorld, type Sent } from './marked-world.js';

export interface Operation {
  readonly method: string;
  readonly template: string;
  readonly spec: OperationObject;
}

/** A request that its route takes, with what it was made of. */
export interface GoodRequest extends Sent {
  /** The parsed body, where it is JSON. */
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

interface Scene {
  readonly world: MarkedWorld;
  readonly id: string;
  readonly actor: RegisteredUser;
  /** Whom an admin acts on. */
  readonly subject: RegisteredUser;
}

type Value = (scene: Scene) => unknown;

const ADMINS = /^(audit_|webhooks_|users_(listUsers|createUser|updateUser|deleteUser)|auth_(issueToken|listSessionsOfUser|endSessionsOfUser)|avatars_(put|remove|importAvatar|\w+Default)$)/;
const marked = (scene: Scene, field: string): string => scene.world.markers.at(`${field} of ${scene.id}`);
const session = async ({ world, actor }: Scene): Promise<Record<string, string>> =>
  (await world.call('POST', '/v1/auth/login', null, { identifier: actor.email, password: actor.password })) as Record<string, string>;

/** What a field of a body holds, by its name; what is not here takes the document's example. */
const FIELDS: Readonly<Record<string, Value>> = {
  email: (scene) => (scene.id === 'auth_forgotPassword' ? scene.actor.email : `${marked(scene, 'email')}@example.test`),
  username: (scene) => marked(scene, 'username'),
  identifier: ({ actor }) => actor.email,
  password: (scene) => (scene.id === 'auth_login' ? scene.actor.password : `secret ${marked(scene, 'password')}`),
  currentPassword: ({ actor }) => actor.password,
  newPassword: (scene) => `secret ${marked(scene, 'newPassword')}`,
  displayName: (scene) => `Ada ${marked(scene, 'displayName')}`,
  deviceName: (scene) => marked(scene, 'deviceName'),
  externalId: (scene) => marked(scene, 'externalId'),
  name: (scene) => marked(scene, 'name'),
  refreshToken: async (scene) => (await session(scene))['refreshToken'],
  refresh_token: async (scene) => (await session(scene))['refreshToken'],
  token: async (scene) => {
    if (scene.id === 'auth_verifyEmail') return scene.world.mailedToken(scene.actor.email);
    return scene.id === 'auth_resetPassword' ? scene.world.resetToken(scene.actor) : (await session(scene))['accessToken'];
  },
  url: (scene) => (scene.id === 'avatars_importAvatar' ? scene.world.pictureUrl(marked(scene, 'url')) : scene.world.hookUrl()),
  ids: ({ subject }) => [subject.id],
  roles: (scene) => [marked(scene, 'roles')],
  expiresAt: () => '2035-01-01T00:00:00.000Z',
  disabled: () => false,
};
/** Of somebody else's choosing, or at odds with the rest of the body. */
const LEFT_OUT = new Set(['bootstrapToken', 'transport', 'client_id', 'client_secret', 'token_type_hint']);

const PATHS: Readonly<Record<string, Value>> = {
  id: async ({ world, id, actor, subject }) => {
    if (id.startsWith('webhooks_')) return world.webhook();
    return /ApiKey$/.test(id) ? (await world.apiKey('users:read')).id : /^(users_getUser|avatars_show)$/.test(id) ? actor.id : subject.id;
  },
  sessionId: async (scene) => (await session(scene))['sessionId'],
  hash: ({ actor }) => emailHash(actor.email),
  digest: async ({ world, actor }) => (await world.uploaded(actor) as { version: string }).version,
  file: () => '64.webp',
};

const QUERIES: Readonly<Record<string, Value>> = {
  q: ({ subject }) => subject.email,
  userId: ({ subject }) => subject.id,
};

/** A request of this operation that succeeds, with accounts of its own, every word of it marked. */
export const goodRequest = async (world: MarkedWorld, api: DocumentedApi, { method, template, spec }: Operation): Promise<GoodRequest> => {
  const id = spec.operationId;
  const subject = method === 'GET' ? await world.bystander() : await world.account();
  const actor = ADMINS.test(id) || /ApiKey$/.test(id) || id.startsWith('oauth_') ? world.admin : subject;
  const scene: Scene = { world, id, actor, subject };
  const { body, fields, type } = await bodyOf(scene, api, spec);
  const path = (await pathOf(scene, template)) + (await queryOf(scene, api, spec));
  return { method, path, headers: { ...(id !== 'oauth_token' && { authorization: `Bearer ${actor.token}` }), ...(type !== undefined && { 'content-type': type }) }, body, fields };
};

const pathOf = async (scene: Scene, template: string): Promise<string> => {
  const values = new Map<string, string>();
  for (const [, name] of template.matchAll(/\{(\w+)\}/g)) {
    values.set(name!, name === 'deliveryId' ? await scene.world.delivery(values.get('id')!) : String(await PATHS[name!]!(scene)));
  }
  return template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values.get(name)!));
};

const queryOf = async (scene: Scene, api: DocumentedApi, spec: OperationObject): Promise<string> => {
  const query = new URLSearchParams();
  for (const { name, in: place } of (spec.parameters ?? []).map((parameter) => api.resolve(parameter))) if (place === 'query' && QUERIES[name]) query.set(name, String(await QUERIES[name](scene)));
  return query.size > 0 ? `?${query.toString()}` : '';
};

const bodyOf = async (scene: Scene, api: DocumentedApi, spec: OperationObject): Promise<{ body?: string | Buffer; fields?: Record<string, unknown>; type?: string }> => {
  const content = spec.requestBody && api.resolve(spec.requestBody).content;
  const [type, media] = Object.entries(content ?? {})[0] ?? [];
  if (type === undefined) return {};
  if (content?.['image/png']) return { type: 'image/png', body: scene.world.picture };
  const fields: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(propertiesOf(api, media!))) {
    if (!LEFT_OUT.has(name)) fields[name] = FIELDS[name] ? await FIELDS[name](scene) : (api.resolve(schema) as { example?: unknown; default?: unknown }).example;
  }
  const isForm = type.endsWith('form-urlencoded');
  const body = isForm ? new URLSearchParams({ ...(fields as Record<string, string>), ...('grant_type' in fields && { grant_type: 'refresh_token' }) }).toString() : JSON.stringify(fields);
  return { type, fields, body };
};

const propertiesOf = (api: DocumentedApi, { schema }: MediaType): Record<string, object> => (api.resolve(schema as { $ref?: string }) as { properties: Record<string, object> }).properties;
