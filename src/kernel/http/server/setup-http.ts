import type { ArgumentsHost } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ClientAddresses } from '../../addresses/index.js';
import type { HttpConfig } from '../../config/index.js';
import { CachePolicyInterceptor } from '../caching/cache-policy.interceptor.js';
import { appErrorOf } from '../problems/app-error-of.js';
import { frameworkError } from '../problems/framework.errors.js';
import { ProblemFilter } from '../problems/problem.filter.js';
import { actingRequests } from '../request/acting-request.js';
import { addClientAddresses, addLimitHeaders } from '../request/request-meta.js';
import { StrictValidationPipe } from '../request/strict-validation.pipe.js';
import { AllowedMethods } from './allowed-methods.js';
import { addBodyParsers } from './body-parsers.js';
import { answerBareServer, requireHost } from './client-errors.js';
import { boundQueries } from './bound-queries.js';
import { refuseWhileClosing } from './closing.js';
import { addVary, CorsPolicy } from './cors.js';
import { countRefusedQuestions } from './refused-questions.js';
import { addSecurityHeaders } from './security-headers.js';
import { ServiceAdapter } from './service.adapter.js';
import { UnknownPages } from './unknown-pages.js';
import { drainUnreadBodies } from './unread-bodies.js';

/** Everything that holds for every route. Call it once, after `NestFactory.create(…, new ServiceAdapter(config))` and before `init` or `listen`. */
export const setupHttp = (app: NestFastifyApplication, config: HttpConfig): void => {
  const adapter = app.getHttpAdapter() as unknown as ServiceAdapter;
  if (!(adapter instanceof ServiceAdapter)) throw new Error('setupHttp needs the ServiceAdapter');
  const server = adapter.getInstance<FastifyInstance>();
  const allowed = new AllowedMethods();
  const cors = new CorsPolicy(config.allowedOrigins);

  allowed.collectFrom(server);
  refuseWhileClosing(server, () => adapter.state);
  boundQueries(server);
  if (config.rateLimits) countRefusedQuestions(server);
  addBodyParsers(server, (request) => adapter.connections.expectUpload(request));
  requireHost(server, config.isLoopbackOnly);
  answerBareServer(server.server, cors);
  // Hooks run in this order: the body is dropped (304) before CORS adds to Vary.
  new CachePolicyInterceptor().compile(server);
  addSecurityHeaders(server);
  actingRequests.compile(server);
  addClientAddresses(server, new ClientAddresses(config.trustedProxies));
  addLimitHeaders(server);
  cors.addTo(server);
  drainUnreadBodies(server);

  app.useGlobalPipes(new StrictValidationPipe());
  app.useGlobalFilters(new RoutedProblemFilter(allowed, new URL(config.publicUrl).pathname.replace(/\/$/, '')));
};

/** Wrong whatever the path: a host that is another's, or none that can be told. */
const BEFORE_ROUTES: ReadonlySet<string> = new Set(['request.misdirected', 'request.malformed_http']);

/** The same filter, which knows a wrong method from a wrong path, and people from programs. */
class RoutedProblemFilter extends ProblemFilter {
  private pages: UnknownPages | undefined;

  constructor(
    private readonly allowed: AllowedMethods,
    private readonly basePath: string,
  ) {
    super();
  }

  override catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    // What else is wrong with a request for which there is no route (a body that cannot be read) does not matter.
    const { status, code } = appErrorOf(thrown);
    if (!request.is404 || status >= 500 || BEFORE_ROUTES.has(code)) {
      super.catch(thrown, host);
      return;
    }
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const methods = this.allowed.of(request.raw.url ?? '/');
    if (methods.length === 0) this.answerNotFound(request, reply);
    else if (request.method === 'OPTIONS') reply.code(204).header('allow', methods.join(', ')).send();
    else this.answer(frameworkError('request.method_not_allowed', undefined, { Allow: methods.join(', ') }), request, reply);
  }

  private answerNotFound(request: FastifyRequest, reply: FastifyReply): void {
    this.pages ??= new UnknownPages((path) => this.allowed.of(path), this.basePath);
    addVary(reply, 'Accept');
    if (!this.pages.answer(request, reply)) this.answer(frameworkError('request.not_found'), request, reply);
  }
}
