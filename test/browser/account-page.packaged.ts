import { afterAll, afterEach, beforeAll, describe, expect } from '@jest/globals';
import { AccountWorld, SHOTS } from './account/account-world.js';
import { administrationFlows } from './account/administration.flows.js';
import { devicesFlows } from './account/devices.flows.js';
import { documentationFlows } from './account/documentation.flows.js';
import { layoutFlows } from './account/layout.flows.js';
import { ownAccountFlows } from './account/own-account.flows.js';
import { pictureFlows } from './account/picture.flows.js';
import { unsavedFlows } from './account/unsaved.flows.js';
import { wholePageFlows } from './account/whole-page.flows.js';

const SETTINGS = {
  RATE_LIMITS: 'off',
  LOGIN_POLICY_MAX: '2',
  SESSION_IDLE_TTL_SECONDS: '7200',
  AVATAR_MAX_BYTES: '1048576',
  AVATAR_MAX_PIXELS: '4000000',
} as const;

describe('the account page of three instances behind nginx, in Chromium', () => {
  let running: AccountWorld;
  const world = (): AccountWorld => running;

  beforeAll(async () => {
    running = await AccountWorld.start(SETTINGS);
  });
  afterAll(() => running?.stop());
  afterEach(async () => {
    expect(await running.leave()).toEqual([]);
  });

  pictureFlows(world);
  ownAccountFlows(world);
  unsavedFlows(world);
  devicesFlows(world);
  administrationFlows(world);
  wholePageFlows(world);
  layoutFlows(world);
  if (SHOTS) documentationFlows(world);
});
