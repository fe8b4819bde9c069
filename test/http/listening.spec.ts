import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { ServiceAdapter, setupHttp } from '../../src/kernel/http/index.js';
import { httpConfig } from './http-app.js';

class NothingModule {}
Module({})(NothingModule);

/** Stand for the two that localhost has on most machines, 127.0.0.1 and ::1. */
const ADDRESSES = [{ address: '127.0.0.1', family: 4 }, { address: '127.0.0.2', family: 4 }];

describe('the service listens', () => {
  let app: NestFastifyApplication;
  const newApp = async (): Promise<ServiceAdapter> => {
    const config = httpConfig();
    const adapter = new ServiceAdapter(config);
    app = await NestFactory.create<NestFastifyApplication>(NothingModule, adapter, { logger: false });
    setupHttp(app, config);
    return adapter;
  };
  const addresses = (): string[] => app.getHttpAdapter().getInstance().addresses().map((each) => (each as AddressInfo).address);
  afterEach(async () => {
    jest.restoreAllMocks();
    await app.close();
  });

  it('by one server alone where a name has two addresses: a second one would have no limits for connections', async () => {
    const asked: string[] = [];
    const lookup = (host: string, options: unknown, done = options as (...found: unknown[]) => void): void => {
      asked.push(host);
      if ((options as { all?: boolean }).all) done(null, ADDRESSES);
      else done(null, ADDRESSES[0]!.address, ADDRESSES[0]!.family);
    };
    jest.spyOn(dns, 'lookup').mockImplementation(lookup);
    await newApp();
    await app.listen(0, 'localhost');
    expect(addresses()).toEqual(['127.0.0.1']);
    expect(asked).not.toContain('127.0.0.2'); // nobody tries to listen there
  });

  it('at the IPv4 address of localhost, and says where', async () => {
    const adapter = await newApp();
    await app.init();
    const url = await adapter.listenAt('localhost', 0);
    expect(addresses()).toEqual(['127.0.0.1']);
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
  });

  it.each([
    ['EADDRINUSE', '127.0.0.1', /^Port \d+ on 127\.0\.0\.1 is already in use: [^.]+ \(EADDRINUSE\)\.$/],
    ['EADDRNOTAVAIL', '192.0.2.1', /^HOST 192\.0\.2\.1 is not an address of this machine: .+ \(EADDRNOTAVAIL\)\.$/],
    ['ENOTFOUND', 'nobody.invalid', /^HOST nobody\.invalid cannot be resolved: .+ \((ENOTFOUND|EAI_AGAIN)\)\.$/],
  ])('or says in a sentence why it cannot: %s', async (_code, host, words) => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const adapter = await newApp();
    await app.init();
    await expect(adapter.listenAt(host, (holder.address() as AddressInfo).port)).rejects.toMatchObject({ name: 'CannotListenError', message: expect.stringMatching(words) });
    holder.close();
  });
});
