import type { BrowserContext } from 'playwright-core';

/** Colours of a drawn person. */
export interface Look {
  readonly wall: readonly [from: string, to: string];
  readonly skin: string;
  readonly hair: string;
  readonly shirt: string;
  /** To the shoulders; short otherwise. */
  readonly hasLongHair?: boolean;
  readonly hasGlasses?: boolean;
}

const drawing = ({ wall: [from, to], skin, hair, shirt, hasLongHair = false, hasGlasses = false }: Look): string => `
<svg xmlns="http://www.w3.org/2000/svg" width="900" height="700" viewBox="0 0 900 700">
  <defs><linearGradient id="wall" x2="1" y2="1"><stop stop-color="${from}"/><stop offset="1" stop-color="${to}"/></linearGradient></defs>
  <rect width="900" height="700" fill="url(#wall)"/>
  <circle cx="720" cy="150" r="90" fill="#fff" opacity=".18"/>
  <rect x="60" y="380" width="150" height="320" rx="16" fill="#000" opacity=".08"/>
  ${hasLongHair ? `<path d="M312 330c-8 170-30 250-10 280h300c20-30-4-110-12-280z" fill="${hair}"/>` : ''}
  <path d="M200 700c10-130 110-170 250-170s240 40 250 170z" fill="${shirt}"/>
  <path d="M395 430h110v90c0 40-110 40-110 0z" fill="${skin}"/>
  <path d="M395 452c30 36 80 36 110 0v22c-30 36-80 36-110 0z" opacity=".12"/>
  <ellipse cx="450" cy="320" rx="122" ry="150" fill="${skin}"/>
  <path d="M322 310c-14-130 50-190 132-188 84 2 140 60 124 190-14-56-36-84-64-98-60 22-128 22-160 6-16 26-26 50-32 90z" fill="${hair}"/>
  <g fill="#2b2430"><ellipse cx="404" cy="318" rx="11" ry="13"/><ellipse cx="496" cy="318" rx="11" ry="13"/></g>
  <g fill="none" stroke="${hair}" stroke-width="9" stroke-linecap="round"><path d="M380 284q24-14 46-3"/><path d="M474 281q24-11 46 3"/></g>
  ${hasGlasses ? '<g fill="none" stroke="#3a3340" stroke-width="7"><circle cx="404" cy="318" r="36"/><circle cx="496" cy="318" r="36"/><path d="M440 314q10-8 20 0"/></g>' : ''}
  <path d="M450 322q-10 40 4 48" fill="none" stroke="#000" stroke-opacity=".25" stroke-width="7" stroke-linecap="round"/>
  <path d="M410 398q40 34 80 0" fill="none" stroke="#8c3b3b" stroke-width="9" stroke-linecap="round"/>
</svg>`;

/** A person as a photograph would show them, drawn: pictures in the documents need nobody's leave. */
export async function portrait(context: BrowserContext, look: Look): Promise<Buffer> {
  const easel = await context.newPage();
  await easel.setViewportSize({ width: 900, height: 700 });
  await easel.setContent(`<body style="margin:0">${drawing(look)}`);
  const picture = await easel.locator('svg').screenshot();
  await easel.close();
  return picture;
}

export const LOOKS = {
  ada: { wall: ['#7fa8d8', '#d9e6f4'], skin: '#eec3a0', hair: '#4a2f27', shirt: '#7a2f4f', hasLongHair: true },
  grace: { wall: ['#c9d8b6', '#f2efe0'], skin: '#f0cdb0', hair: '#8a8f98', shirt: '#27406b', hasGlasses: true },
  katherine: { wall: ['#f0c48a', '#f9ead2'], skin: '#8d5a3c', hair: '#221a1a', shirt: '#2f6f6a', hasGlasses: true },
  alan: { wall: ['#b9b6dc', '#eceaf7'], skin: '#e8bd9b', hair: '#5a4332', shirt: '#4c5a3b' },
} as const satisfies Record<string, Look>;
