import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { ClientAddresses, networkOf } from '../../../kernel/addresses/index.js';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';

/** Says who asks for a picture, where one has to be made: only then anybody needs to know. */
export type PictureCaller = () => string;

/** Callers of pictures are network addresses: whoever looks at public pictures is nobody in particular. */
@Injectable()
export class PictureCallers {
  private readonly addresses: ClientAddresses;

  constructor(@Inject(APP_CONFIG) { http }: AppConfig) {
    this.addresses = new ClientAddresses(http.trustedProxies);
  }

  of(raw: IncomingMessage): PictureCaller {
    return () => {
      const address = this.addresses.of(raw);
      return address === null ? '' : networkOf(address);
    };
  }
}
