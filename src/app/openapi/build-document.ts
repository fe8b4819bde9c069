import type { INestApplicationContext } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { OAuthErrorDto, ProblemDto } from '../../kernel/http/index.js';
import { packageVersion } from '../package-version.js';
import { completeDocument } from './complete-document.js';


const DESCRIPTION = `Accounts, tokens that live exactly as long as they were issued for, and avatars nobody ever sees stale.

Every error is \`application/problem+json\` (RFC 9457) with a stable \`code\`, under \`/oauth\` that of RFC 6749; every response carries \`X-Request-Id\`.
Answers are \`no-store\` unless their operation says otherwise. HEAD answers like GET, without a body.`;

const TAGS: readonly (readonly [string, string])[] = [
  ['auth', 'Registration, login, sessions and tokens.'],
  ['oauth', 'Standard endpoints for tokens: refresh, introspection, revocation.'],
  ['users', 'Accounts and their profiles.'],
  ['audit', 'Who did what to whom.'],
  ['avatars', 'Pictures: put, shown, generated.'],
  ['webhooks', 'Addresses of the operator’s that are told what happens.'],
  ['well-known', 'Where standards look.'],
  ['operations', 'For those who run the service.'],
];

/** The OpenAPI 3.1 document, made from the code. Whole only in a build: the compiler plugin reads comments and DTOs. */
export const buildDocument = (app: INestApplicationContext): OpenAPIObject => {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Likeness')
    .setVersion(packageVersion())
    .setDescription(DESCRIPTION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'This service')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The access token of a session: a JWT (RFC 9068), checked as RFC8725 asks, and looked up in the store each time.' }, 'bearer')
    .addSecurity('apiKey', { type: 'http', scheme: 'bearer', bearerFormat: 'lk_…', description: 'An API key that has the scope named with it.' })
    .addSecurity('clientBasic', { type: 'http', scheme: 'basic', description: 'Under /oauth: an API key as the password; any user name.' });
  for (const [name, description] of TAGS) builder.addTag(name, description);
  const document = SwaggerModule.createDocument(app as NestFastifyApplication, builder.build(), {
    operationIdFactory: (_controller, method) => method,
    extraModels: [ProblemDto, OAuthErrorDto],
  });
  return completeDocument(document);
};

