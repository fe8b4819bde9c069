/* global document, getComputedStyle, innerWidth, Range, NodeFilter */
// Runs in the page: `geometry()` is every fault of layout that can be measured, in words. Loaded by geometry.ts.

const TALLEST_CONTROL = 56;
/** Subpixel positions differ by less. */
const TOLERANCE = 1.5;
const CONTROLS = 'a, button, input, select, summary, textarea';
/** A picture, its crop and its previews are as large as they are. */
const PICTURES = '.cropper, .previews, .avatar';
/** Children of these stand in one column, equally far apart. */
const COLUMNS = '.main, .card, .auth-card, .dialog, form, .editor, .alert-text, .drop, .rows, .lines, .placeholders';
/** Fields and buttons in one row of these are aligned. */
const ROWS = '.filters, .actions, .secret, .header';

const named = (node) => {
  const element = node.nodeType === 3 ? node.parentElement : node;
  const words = (node.textContent || element.getAttribute('aria-label') || element.getAttribute('name') || '').trim().replace(/\s+/g, ' ').slice(0, 40);
  return `<${element.localName}${element.className && typeof element.className === 'string' ? `.${element.className.trim().replace(/\s+/g, '.')}` : ''}>${words && ` “${words}”`}`;
};
const sizeOf = ({ width, height }) => `${Math.round(width)} × ${Math.round(height)} px`;
const topmost = () => [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
const isShown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !element.closest('.unseen, .skip, noscript, option, script');

/** What of a box is to be seen: cut by every ancestor that does not let its content out. */
const visiblePart = (element, box) => {
  let { left, top, right, bottom } = box;
  for (let outer = element; outer && outer !== document.documentElement; outer = outer.parentElement) {
    const { overflowX, overflowY, position } = getComputedStyle(outer);
    if (outer !== document.body && (overflowX !== 'visible' || overflowY !== 'visible')) {
      const edge = outer.getBoundingClientRect();
      [left, top, right, bottom] = [Math.max(left, edge.left), Math.max(top, edge.top), Math.min(right, edge.right), Math.min(bottom, edge.bottom)];
    }
    if (position === 'fixed') break;
  }
  return right - left > 0 && bottom - top > 0 ? { left, top, right, bottom } : null;
};
const overlapOf = (one, other) => {
  const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return width > TOLERANCE && height > TOLERANCE ? { width, height } : null;
};

/** Texts, pictures, icons and the frames of controls, each with the boxes it is made of. */
const pieces = (root) => {
  const found = [];
  const add = (node, element, boxes) => {
    for (const box of boxes) {
      const part = visiblePart(element, box);
      if (part) found.push({ node, element, ...part });
    }
  };
  for (const element of root.querySelectorAll('button, .button, input, select, img, canvas, svg, progress, .badge, .field-frame')) {
    if (isShown(element) && !element.closest('.cropper')) add(element, element, [element.getBoundingClientRect()]);
  }
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (!node.data.trim() || !isShown(node.parentElement) || node.parentElement.closest('.cropper')) continue;
    const range = new Range();
    range.selectNodeContents(node);
    add(node, node.parentElement, range.getClientRects());
  }
  return found;
};

const tallControls = (root) =>
  [...root.querySelectorAll(CONTROLS)]
    .filter((element) => isShown(element) && !element.closest(PICTURES))
    .flatMap((element) => (getComputedStyle(element).display === 'inline' ? [...element.getClientRects()] : [element.getBoundingClientRect()]).map((box) => ({ element, box })))
    .filter(({ box }) => box.height > TALLEST_CONTROL + 0.5)
    .map(({ element, box }) => `${named(element)} is ${sizeOf(box)}`);

const overlaps = (root) => {
  const all = pieces(root);
  const faults = new Set();
  all.forEach((one, index) => {
    for (const other of all.slice(index + 1)) {
      if (one.node === other.node || one.node.contains(other.node) || other.node.contains(one.node)) continue;
      const shared = overlapOf(one, other);
      if (shared) faults.add(`${named(one.node)} and ${named(other.node)} overlap by ${sizeOf(shared)}`);
    }
  });
  return [...faults];
};

const outside = (root) => {
  const faults = pieces(root)
    .filter(({ left, right }) => left < -TOLERANCE || right > innerWidth + TOLERANCE)
    .map(({ node, left, right }) => `${named(node)} reaches from ${Math.round(left)} to ${Math.round(right)} of ${innerWidth} px`);
  const { scrollWidth } = document.scrollingElement;
  if (scrollWidth > innerWidth) faults.push(`the page is ${scrollWidth} px wide in a window of ${innerWidth}`);
  return faults;
};

/** What sticks out of its card, dialog or field. */
const spills = (root) =>
  [...root.querySelectorAll('.card, .dialog, .field, .field-frame, .header, .alert, .row, .actions, .drop, .button')]
    .filter((element) => isShown(element) && element.scrollWidth > element.clientWidth + 2 && element.clientWidth > 0)
    .map((element) => `${named(element)} holds ${element.scrollWidth} px in ${element.clientWidth}`);

/** In-flow children that take room; a wrapper without a layout of its own stands for its children. */
const laidOut = (container) =>
  [...container.children].flatMap((child) => {
    if (!isShown(child) || ['absolute', 'fixed'].includes(getComputedStyle(child).position) || child.localName === 'dialog') return [];
    if (getComputedStyle(child).display === 'contents' || (child.hasAttribute('aria-busy') && child.localName === 'div')) return laidOut(child);
    return child.getBoundingClientRect().height > 0 ? [child] : [];
  });

const unequalGaps = (root) =>
  [root, ...root.querySelectorAll(COLUMNS)].filter((container) => container.matches(COLUMNS) && isShown(container)).flatMap((container) => {
    const children = laidOut(container);
    const gaps = children.slice(1).map((child, index) => ({ child, gap: child.getBoundingClientRect().top - children[index].getBoundingClientRect().bottom }));
    const stacked = gaps.filter(({ gap }) => gap > -TOLERANCE);
    const sizes = stacked.map(({ gap }) => Math.round(gap));
    const isEqual = sizes.every((gap) => Math.abs(gap - sizes[0]) <= TOLERANCE);
    const isTight = container.matches('.main, .card, .dialog, form') && sizes.some((gap) => gap < 4);
    return isEqual && !isTight ? [] : [`${named(container).split(' “')[0]} has gaps of ${sizes.join(', ')} px: ${children.map((child) => named(child).split(' “')[0]).join(' ')}`];
  });

const unaligned = (root) =>
  [...root.querySelectorAll(ROWS)].filter(isShown).flatMap((row) => {
    const boxes = [...row.querySelectorAll('.field-frame, .button, .secret-text, .language select')].filter(isShown).map((element) => ({ element, box: element.getBoundingClientRect() }));
    return boxes.slice(1).flatMap(({ element, box }, index) => {
      const before = boxes[index];
      const isSideBySide = box.top < before.box.bottom && before.box.top < box.bottom;
      const isAligned = Math.abs(box.top - before.box.top) <= TOLERANCE && Math.abs(box.height - before.box.height) <= TOLERANCE;
      return isSideBySide && !isAligned ? [`${named(before.element)} (${sizeOf(before.box)}) and ${named(element)} (${sizeOf(box)}) are not in line`] : [];
    });
  });

globalThis.geometry = () => {
  const root = topmost();
  return [tallControls, overlaps, outside, spills, unequalGaps, unaligned].flatMap((look) => look(root));
};
