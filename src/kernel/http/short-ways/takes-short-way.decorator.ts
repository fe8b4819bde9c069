import type { Type } from '@nestjs/common';
import { RouteFacts } from '../route-config.js';
import type { ShortWay } from './short-way.js';

/** The ordinary case of this GET, or of this POST, is answered by `way`, a provider; everything else, and its documentation, is the handler's. */
export const TakesShortWay = (way: Type<ShortWay>): MethodDecorator => RouteFacts({ shortWay: way });
